import type { Services } from '../operations.js';

export const systemOperations = ({ system }: Services) => ({
  getHealth: async () => ({ status: 'ok' }),
  getSystem: async () => system(),
});

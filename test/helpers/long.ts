/** Whether this is the long form of the faults (`npm run test:faults`), for an otherwise idle machine. */
export const IS_LONG = process.env.FAULTS === 'long';

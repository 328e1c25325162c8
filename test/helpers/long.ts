/** Whether this is the long form of the faults (`npm run test:faults`), for a machine that has nothing else to do. */
export const IS_LONG = process.env.FAULTS === 'long';

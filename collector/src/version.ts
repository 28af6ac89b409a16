/** Version of the command and the collector. */
export const VERSION = '0.1.0';

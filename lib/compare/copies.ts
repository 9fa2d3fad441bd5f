/**
 * What layers and designs do with bytes beyond transforming them: those of the comparison and the rivals add to it where
 * they do. Only grows.
 */
export const copies: {
  /** Bytes moved from one memory to another unchanged; what is encrypted into other memory is not. */
  bytes: number;
  /** Bytes of memory that was made for the purpose, and does not come from the pool of the layers. */
  made: number;
} = { bytes: 0, made: 0 };

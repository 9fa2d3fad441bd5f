/**
 * Bytes that layers and designs have moved from one memory to another unchanged: those of the comparison and the rivals
 * add to it where they do. What is encrypted into other memory is not copied, but written once, there. Only grows.
 */
export const copies: { bytes: number } = { bytes: 0 };

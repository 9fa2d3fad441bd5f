import { IoError, OptionError, readSuperblock, type BlockDevice, type PagePool, type Superblock } from '../io/index.js';

/**
 * Refuses a description that leaves members of a mirror or parity out: opened without them it would count them as failed,
 * and what they miss would have to be copied, for a name that was forgotten. Those that are gone are described all the same.
 * @throws OptionError `ERR_MEMBERS`
 */
export async function checkAllDescribed(
  described: number,
  lowers: readonly BlockDevice[],
  pool: PagePool,
): Promise<void> {
  const own = await firstSuperblock(lowers, pool);
  if (own === null || described >= own.memberCount) return;
  throw new OptionError(
    'ERR_MEMBERS',
    'members',
    `must name all ${String(own.memberCount)} of the ${own.role} ${own.uuid}, also those that are gone, ` +
      `got ${String(described)}`,
  );
}

/** What is no member, or cannot be read, is for the array to tell. */
async function firstSuperblock(lowers: readonly BlockDevice[], pool: PagePool): Promise<Superblock | null> {
  for (const lower of lowers) {
    try {
      const own = await readSuperblock(lower, pool);
      if (own !== null) return own;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }
  return null;
}

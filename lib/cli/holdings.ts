import type { DeviceDescription } from '../stack/index.js';
import { devicesOf } from '../stack/lowers.js';
import { fileSize } from './file-size.js';

/** What a command would write over. */
interface Holding {
  /** The file's path, or the server's URI. */
  readonly name: string;
  /** Why it does not, unless it is forced to. */
  readonly refusal: string;
}

/** What the files and servers of a stack hold. Nothing tells whether somebody needs what a server holds. Throws as `fileSize`. */
export async function holdingsOf(device: DeviceDescription): Promise<Holding[]> {
  const holdings: Holding[] = [];
  for (const each of devicesOf(device)) {
    if (each.type === 'nbd') {
      holdings.push({ name: each.uri, refusal: `what ${each.uri} holds would be lost: --force says that it may be` });
    } else if (each.type === 'file' && (await fileSize(each.path))) {
      holdings.push({ name: each.path, refusal: `${each.path} exists and is not empty: --force makes it anew` });
    }
  }
  return holdings;
}

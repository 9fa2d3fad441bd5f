import type { Row } from './row.js';
import { wake } from './rows/wake.js';
import { oneShot } from './rows/one-shot.js';
import { oneShotPromise } from './rows/one-shot-promise.js';
import { wakeOne } from './rows/wake-one.js';
import { allOfRow } from './rows/all-of.js';
import { anyOfRow } from './rows/any-of.js';
import { raceLongLived } from './rows/race-long-lived.js';
import { layersSync } from './rows/layers-sync.js';
import { layersPerRequest } from './rows/layers-per-request.js';
import { layersHolding } from './rows/layers-holding.js';
import { removeAdd } from './rows/remove-add.js';
import { allOfAnyOf } from './rows/all-of-any-of.js';
import { ioCryptStripe } from './rows/io-crypt-stripe.js';
import { ioFile, ioFileThread } from './rows/io-file.js';
import { ioLayers } from './rows/io-layers.js';

/** Every shape that is measured, in the order of the table. */
export const rows: readonly Row[] = [
  wake,
  oneShot,
  oneShotPromise,
  wakeOne,
  allOfRow,
  anyOfRow,
  raceLongLived,
  layersSync,
  layersPerRequest,
  layersHolding,
  removeAdd,
  allOfAnyOf,
  ioLayers,
  ioFile,
  ioFileThread,
  ioCryptStripe,
];

export { describe, descriptionOf } from './description.js';
export { explain, type ExplainOptions } from './explain.js';
export { recordWaits, type Recording, type RecordingOptions } from './recording.js';
export type { PendingWait } from './pending-wait.js';
export { task, type Task } from './task.js';
export { findCycles, type Cycle } from './find-cycles.js';
export { showBriefly } from './show-briefly.js';

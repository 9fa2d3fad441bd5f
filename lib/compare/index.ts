export { compare, experiments, REAL_FILE } from './compare.js';
export type { CompareOptions, Comparison, ExperimentResult } from './compare.js';
export { designs } from './designs.js';
export { rivals } from './rivals.js';
export { isCannot, type Cannot, type Kit, type Rival, type RivalCapabilities } from './rival.js';
export { strategyRival } from './rivals/strategy.js';
export { EdgeCall, edgeDevice, type EdgeDesign } from './edge.js';
export { Bottom, DeviceBottom, FailingBottom, HeldBottom, InstantBottom } from './bottom.js';
export {
  bottomsOf,
  lowersOf,
  PACKED_UNIT,
  sizeOf,
  UNIT,
  type Blueprint,
  type ChecksumPlan,
  type CryptPlan,
  type DevicePlan,
  type LinearPlan,
  type MirrorPlan,
  type PackPlan,
  type PassPlan,
  type QueuePlan,
  type RetryPlan,
  type Size,
  type StripePlan,
} from './blueprint.js';
export type { Experiment, Row, Setting } from './experiment.js';
export { measure, type Contender } from './meter.js';
export type { RealFileRow } from './real-file.js';
export { estimate, median, randomFrom, type Estimate } from './statistics.js';
export { answer } from './report/answer.js';
export {
  alignedText,
  comparisonText,
  experimentTable,
  markdownTable,
  realFileTable,
  type Table,
} from './report/table.js';
export { plot } from './report/plot.js';
export { checkReport, reportText, writeReport } from './report/markdown.js';

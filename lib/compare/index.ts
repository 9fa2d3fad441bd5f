export { compare, experiments, REAL_FILE } from './compare.js';
export type { CompareOptions, Comparison, ExperimentResult } from './compare.js';
export { designs } from './designs.js';
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

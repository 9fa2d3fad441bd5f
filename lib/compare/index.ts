export { compare } from './compare.js';
export type { CompareOptions, Comparison, ExperimentResult } from './compare.js';
export { experiments, knownExperiments } from './experiments.js';
export { traceReplay, type Replay } from './experiments/trace-replay.js';
export { parseTrace, readTrace } from './traces/trace.js';
export type { TraceOperation } from './traces/operation.js';
export type { Experiment, Figure, Metric, Row, Setting } from './experiment.js';
export { commonMetrics } from './metrics.js';
export { soleBaton, type Baton } from './baton.js';
export type { Machine } from './machine.js';
export { LEAST_ROUNDS, plans, type Plan } from './plan.js';
export { contend, contendWith, buildStack, oneByOne, type Stack, type Work } from './contend.js';
export { measure, timed, type Contender } from './meter.js';
export { retainedBytes } from './retained.js';
export { letOut, passTurns } from './turns.js';
export { rivals } from './rivals.js';
export { isCannot, type Cannot, type Kit, type Polling, type Rival, type RivalCapabilities } from './rival.js';
export type { WaiterLine, WaiterOrder } from './rival.js';
export { strategyRival } from './rivals/strategy.js';
export { EdgeCall, edgeDevice, type EdgeDesign } from './edge.js';
export { Bottom, DeviceBottom, FailingBottom, HeldBottom, InstantBottom } from './bottom.js';
export {
  bottomsOf,
  foldUp,
  lowersOf,
  PACKED_UNIT,
  sizeOf,
  UNIT,
  type Blueprint,
  type ChecksumPlan,
  type CryptPlan,
  type DeferPlan,
  type DevicePlan,
  type LinearPlan,
  type MirrorPlan,
  type PackPlan,
  type PassPlan,
  type QueuePlan,
  type RetryPlan,
  type Size,
  type StripePlan,
  type When,
} from './blueprint.js';
export { bioChain } from './rivals/bio-chain.js';
export { promises } from './rivals/promises.js';
export { loadRxjs, rxjs } from './rivals/rxjs.js';
export { stackLocations } from './rivals/stack-locations.js';
export { streams } from './rivals/streams.js';
export { estimate, median, randomFrom, type Estimate } from './statistics.js';
export { answer } from './report/answer.js';
export { answersText, briefText, introText } from './report/brief.js';
export {
  alignedText,
  comparisonText,
  experimentTable,
  experimentText,
  legendOf,
  markdownTable,
  methodOf,
  type Table,
} from './report/table.js';
export { plot, type PlotWidth } from './report/plot.js';
export { questions, type Question } from './questions.js';
export { verdictsOf, type Verdict } from './report/verdict.js';
export { standingsOf, standingTable, type Standing } from './report/standing.js';
export { costTable, findingsOf } from './report/findings.js';
export { headlineOf, wholeHeadline } from './report/headline.js';
export { overviewTable } from './report/overview.js';
export { countsTable, timesTable } from './report/wide.js';
export { reportText } from './report/markdown.js';
export { reportPage } from './report/html.js';
export { checkReport, writeReport } from './report/write.js';

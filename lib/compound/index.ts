export { atLeast } from './at-least.js';
export { sequence } from './sequence.js';
export { scope, type Scope } from './scope.js';
export { map } from './map.js';
export { guard } from './guard.js';
export { select, when, type AnswerOf, type Branch, type SelectOptions } from './select.js';
export { inContext, type Context, type Scheduler } from './in-context.js';
export { bound } from './bound.js';
export { forEach } from './for-each.js';

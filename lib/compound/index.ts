export { atLeast } from './at-least.js';
export { sequence } from './sequence.js';
export { scope, type Scope } from './scope.js';
export { map } from './map.js';
export { guard } from './guard.js';
export { select, when, type AnswerOf, type Branch, type SelectOptions } from './select.js';
export { forEach } from './for-each.js';

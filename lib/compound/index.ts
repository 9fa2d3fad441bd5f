export { atLeast } from './at-least.js';
export { sequence } from './sequence.js';
export { scope, type Scope } from './scope.js';

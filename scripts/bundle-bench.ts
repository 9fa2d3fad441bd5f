/** What is measured is what ships: puts the package's own build in the place of what tsc made for the benchmarks. */
import { bundle } from './bundle.js';

await bundle('.bench/lib');

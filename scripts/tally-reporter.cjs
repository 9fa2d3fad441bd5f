/** mocha's spec reporter, which also leaves mocha's own counts in coverage/tally.json for print-tally. */
const { mkdirSync, writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class TallyReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = runner.stats;
      mkdirSync('coverage', { recursive: true });
      writeFileSync('coverage/tally.json', JSON.stringify({ passes, failures, pending }) + '\n');
    });
  }
};

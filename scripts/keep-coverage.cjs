/** For `mocha --require`: writes what each spec file has covered as it ends, for a worker of mocha's is killed in the end. */
const { takeCoverage } = require('node:v8');

exports.mochaHooks = {
  afterAll() {
    takeCoverage();
  },
};

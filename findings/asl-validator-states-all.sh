#!/usr/bin/env bash
# asl-validator 4.0.0 (npm) takes "States.ALL" before other catchers, and beside other names in one ErrorEquals.
#
# The Amazon States Language wants it alone in its array and in the last Retrier or Catcher ("Retrying after error", "Fallback
# states"); CreateStateMachine answers "SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list". So a definition
# that passes this validator can still be refused by AWS.
#
# Exits with 0 while the validator takes both, with 1 when it refuses one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund asl-validator@4.0.0
cat >check.cjs <<'JS'
const validate = require('asl-validator');
const machine = (...catchers) => ({
  StartAt: 'Call',
  States: {
    Call: {
      Type: 'Task', Resource: 'arn:aws:states:::events:putEvents', Parameters: {Entries: []}, End: true,
      Catch: catchers.map((names) => ({ErrorEquals: names, Next: 'Failed'})),
    },
    Failed: {Type: 'Fail'},
  },
});
console.log('asl-validator', require('asl-validator/package.json').version);
let refused = 0;
for (const [what, definition] of [
  ['States.ALL before States.Timeout', machine(['States.ALL'], ['States.Timeout'])],
  ['States.ALL beside States.Timeout', machine(['States.ALL', 'States.Timeout'])],
]) {
  const {isValid, errorsText} = validate(definition);
  console.log(`${what}: ${isValid ? 'taken' : `refused, ${errorsText()}`}`);
  refused += !isValid;
}
process.exit(refused ? 1 : 0);
JS
node check.cjs

#!/usr/bin/env bash
# asl-validator 4.0.0 (npm) writes into the definition that it is given: every state that has none gets a QueryLanguage. Who validates
# an object and then deploys or hashes the same object has another one than before. Seen with a valid definition: valid, no errors, and
# {"Type":"Succeed"} has become {"Type":"Succeed","QueryLanguage":"JSONPath"}. Give it a copy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund asl-validator@4.0.0
node -e '
const validate = require("asl-validator");
const definition = { StartAt: "End", States: { End: { Type: "Succeed" } } };
const before = JSON.stringify(definition);
const { isValid } = validate(definition);
const after = JSON.stringify(definition);
console.log("valid:", isValid, "\nbefore:", before, "\nafter: ", after);
process.exit(isValid && after === before.replace("\"Succeed\"", "\"Succeed\",\"QueryLanguage\":\"JSONPath\"") ? 0 : 1);
'

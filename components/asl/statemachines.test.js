// Every state machine that a stack deploys, as it is rendered, read by a validator of the Amazon States Language.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import validate from 'asl-validator';

const root = new URL('../../', import.meta.url);
const stateMachines = JSON.parse(execFileSync('go', ['run', './cmd/statemachines'], { cwd: root, maxBuffer: 1 << 26 }));

// The validator writes into what it is given.
const problems = (definition) => validate(structuredClone(definition)).errors.map((error) => `${error['Error code']}: ${error.Message ?? JSON.stringify(error)}`);

test('every stack has machines', () => {
  const stacks = new Set(stateMachines.map((stateMachine) => stateMachine.stack));
  for (const stack of ['dev', 'local', 'prod', 'everything']) assert.ok(stacks.has(stack), stack);
  assert.ok(stateMachines.some((stateMachine) => stateMachine.name === 'recommendations'), 'recommendations');
});

for (const { stack, name, definition } of stateMachines) {
  test(`${stack} ${name}`, () => assert.deepEqual(problems(definition), []));
}

test('a name that is used inside a Map and outside is refused', () => {
  const backfill = stateMachines.find((stateMachine) => stateMachine.name.endsWith('-backfill')).definition;
  const text = JSON.stringify(backfill).replaceAll('"ChunkDone"', '"Done"');
  assert.match(problems(JSON.parse(text)).join('\n'), /DUPLICATE_STATE_NAMES/);
});

// The emulator refuses them, too: emulator/tests/test_state_machine_api.py reads the same file.
const { right, wrong } = JSON.parse(readFileSync(new URL('emulator/tests/testdata/state_machines.json', root)));

test('the definition that wrong ones are made of is taken', () => assert.deepEqual(problems(right), []));

for (const { what, definition } of wrong) {
  test(`refused: ${what}`, () => assert.notDeepEqual(problems(definition), []));
}

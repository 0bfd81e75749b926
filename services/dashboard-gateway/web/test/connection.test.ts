import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StreamMessage } from '../src/lib/core/contract';
import {
  Connection,
  type ConnectionState,
  pauseMs,
  SILENCE_MS_MAX,
  type Socket,
  STEADY_MS,
} from '../src/lib/data/connection';

class Wire implements Socket {
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  closed = false;
  close(): void {
    this.closed = true;
  }
  send(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const snapshot = { type: 'snapshot', number: 1 };
const FIRST_PAUSE_MS = 500;

let wires: Wire[];
let states: ConnectionState[];
let received: StreamMessage[];
let inStep: boolean;
let connection: Connection;
const wire = () => wires.at(-1)!;
const state = () => states.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  [wires, states, received, inStep] = [[], [], [], true];
  connection = new Connection({
    open: () => {
      wires.push(new Wire());
      return wire();
    },
    onmessage: (message) => {
      received.push(message);
      return inStep;
    },
    onstate: (next) => states.push(next),
    random: () => 1,
  });
  connection.start();
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

it('is live from the first snapshot on', () => {
  expect(state().phase).toBe('connecting');
  wire().send(snapshot);
  expect(state().phase).toBe('live');
});

it('comes back after the gateway closes', () => {
  wire().send(snapshot);
  wire().onclose?.({ code: 1001, reason: 'the gateway stops' });
  expect(state()).toMatchObject({ phase: 'waiting', reason: 'the gateway stops' });
  vi.advanceTimersByTime(FIRST_PAUSE_MS);
  expect(wires).toHaveLength(2);
  wire().send(snapshot);
  expect(state().phase).toBe('live');
});

it('asks for a new snapshot when a message is missing', () => {
  wire().send(snapshot);
  inStep = false;
  const first = wire();
  first.send({ type: 'delta', number: 3 });
  expect(first.closed).toBe(true);
  expect(state()).toMatchObject({ phase: 'waiting', reason: 'a message is missing' });
  vi.advanceTimersByTime(FIRST_PAUSE_MS);
  expect(wires).toHaveLength(2);
});

it('takes silence for a dead connection', () => {
  wire().send(snapshot);
  vi.advanceTimersByTime(SILENCE_MS_MAX - 1);
  wire().send({ type: 'delta', number: 2 });
  vi.advanceTimersByTime(SILENCE_MS_MAX - 1);
  expect(state().phase).toBe('live');
  vi.advanceTimersByTime(1);
  expect(state().phase).toBe('waiting');
});

it('gives up a connection that never opens', () => {
  vi.advanceTimersByTime(SILENCE_MS_MAX);
  expect(state().phase).toBe('waiting');
  expect(wire().closed).toBe(true);
});

it('hears nothing more from a connection it has left', () => {
  const first = wire();
  first.onclose?.({ code: 1006, reason: '' });
  vi.advanceTimersByTime(FIRST_PAUSE_MS);
  first.send(snapshot);
  first.onclose?.({ code: 1006, reason: '' });
  expect(received).toEqual([]);
  expect(wires).toHaveLength(2);
  expect(state().phase).toBe('connecting');
});

it('treats a message that is not JSON as a lost one', () => {
  wire().onmessage?.({ data: '{"type":' });
  expect(state()).toMatchObject({ phase: 'waiting', reason: 'a message could not be read' });
});

it('waits longer each time, and shortly again after a steady connection', () => {
  const pauses: number[] = [];
  const lose = () => {
    wire().onclose?.({ code: 1006, reason: '' });
    const last = state();
    if (last.phase !== 'waiting') throw new Error(last.phase);
    pauses.push(last.retry_at - Date.now());
    vi.advanceTimersByTime(pauses.at(-1)!);
  };
  lose();
  lose();
  wire().send(snapshot);
  lose();
  wire().send(snapshot);
  vi.advanceTimersByTime(STEADY_MS);
  lose();
  expect(pauses).toEqual([500, 1000, 2000, 500]);
});

it('stays away once stopped', () => {
  wire().onclose?.({ code: 1006, reason: '' });
  connection.stop();
  vi.advanceTimersByTime(60_000);
  expect(wires).toHaveLength(1);
});

it('spreads returning pages over half the pause and has a ceiling', () => {
  expect(pauseMs(0, () => 0)).toBe(250);
  expect(pauseMs(0, () => 1)).toBe(500);
  expect(pauseMs(40, () => 1)).toBe(15_000);
});

// Keeps one WebSocket open: connects, watches for silence, and comes back with growing pauses.

import type { StreamMessage } from '../core/contract';

/** The gateway sends something at least every 2 s; this much silence is a dead connection. */
export const SILENCE_MS_MAX = 6000;
/** A connection that lived this long was a good one: the next failure starts with the shortest pause again. */
export const STEADY_MS = 5000;
const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 15000;

export type ConnectionState =
  | { phase: 'connecting' }
  | { phase: 'live' }
  | { phase: 'waiting'; reason: string; retry_at: number };

export interface Socket {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  close(): void;
}

export interface ConnectionOptions {
  open: () => Socket;
  /** False asks for a new connection, and with it a fresh snapshot. */
  onmessage: (message: StreamMessage) => boolean;
  onstate: (state: ConnectionState) => void;
  random?: () => number;
}

export class Connection {
  private socket: Socket | null = null;
  private failures = 0;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private steady: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ConnectionOptions) {}

  start(): void {
    this.stop();
    this.options.onstate({ phase: 'connecting' });
    const socket = this.options.open();
    this.socket = socket;
    this.watch();
    socket.onmessage = ({ data }) => this.take(socket, data);
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.lose(reason || `closed by the gateway (${code})`);
    };
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.silence);
    clearTimeout(this.steady);
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private take(socket: Socket, data: unknown): void {
    if (socket !== this.socket) return;
    this.watch();
    let message: StreamMessage;
    try {
      message = JSON.parse(String(data)) as StreamMessage;
    } catch {
      return this.lose('a message could not be read');
    }
    if (!this.options.onmessage(message)) return this.lose('a message is missing');
    if (message.type !== 'snapshot') return;
    clearTimeout(this.steady);
    this.steady = setTimeout(() => (this.failures = 0), STEADY_MS);
    this.options.onstate({ phase: 'live' });
  }

  private watch(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lose(`nothing heard for ${SILENCE_MS_MAX / 1000} s`), SILENCE_MS_MAX);
  }

  private lose(reason: string): void {
    this.stop();
    const pause = pauseMs(this.failures, this.options.random ?? Math.random);
    this.failures += 1;
    this.options.onstate({ phase: 'waiting', reason, retry_at: Date.now() + pause });
    this.retry = setTimeout(() => this.start(), pause);
  }
}

/** Doubles with each failure up to a ceiling; the lower half is certain, the rest by chance, so that pages do not return in step. */
export function pauseMs(failures: number, random: () => number): number {
  const ceiling = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** failures);
  return Math.round(ceiling * (0.5 + 0.5 * random()));
}

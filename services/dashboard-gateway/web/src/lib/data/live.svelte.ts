// The one live picture that every component reads: the store, drawn to the screen once per animation frame.

import type { Alert, ClientExposure, Summary, SymbolExposure, System, Transaction } from '../core/contract';
import { api } from './api';
import { Connection, type ConnectionState, type Socket } from './connection';
import { Rates, type Series } from './rates';
import { type Changes, Store } from './store';

const store = new Store();
const rates = new Rates();

export type Feed<T> = (reset: boolean, rows: T[]) => void;

class Live {
  summary = $state.raw<Summary | null>(null);
  system = $state.raw<System | null>(null);
  connection = $state.raw<ConnectionState>({ phase: 'connecting' });
  /** Newest first. */
  alerts = $state.raw<Alert[]>([]);
  /** Newest first. */
  transactions = $state.raw<Transaction[]>([]);
  series = $state.raw<Series>({ time: [], per_minute: [], gross: [] });
  /** The engine's now in milliseconds, running on between messages while connected. */
  now = $state(Date.now());
  /** Grows once a second when exposures changed: for what is too heavy to draw with every frame. */
  beat = $state(0);

  readonly clients: ReadonlyMap<string, ClientExposure> = store.clients;
  readonly symbols: ReadonlyMap<string, SymbolExposure> = store.symbols;

  private readonly clientFeeds = new Set<Feed<ClientExposure>>();
  private readonly symbolFeeds = new Set<Feed<SymbolExposure>>();
  private frame = 0;
  private exposuresChanged = false;
  /** When the summary came whose as_of engineNow starts from. */
  private received = performance.now();
  private readonly connectionKeeper = new Connection({
    open: () => {
      const url = new URL('/api/v1/stream', location.href);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      return new WebSocket(url) as Socket;
    },
    onmessage: (message) => {
      if (store.apply(message).kind === 'gap') return false;
      if (message.type === 'snapshot') void this.loadHistory();
      if (message.summary) this.received = performance.now();
      this.schedule();
      return true;
    },
    onstate: (state) => (this.connection = state),
  });

  get stale(): boolean {
    return this.connection.phase !== 'live';
  }

  get engineDown(): boolean {
    return this.system?.services.some((service) => service.name === 'risk-engine' && !service.up) ?? false;
  }

  get currency(): string {
    return this.summary?.base_currency ?? 'USD';
  }

  /** Returns how to stop. */
  start(): () => void {
    this.connectionKeeper.start();
    const second = setInterval(() => this.everySecond(), 1000);
    const retry = () => this.retry();
    addEventListener('online', retry);
    return () => {
      removeEventListener('online', retry);
      clearInterval(second);
      cancelAnimationFrame(this.frame);
      this.connectionKeeper.stop();
    };
  }

  retry(): void {
    if (this.connection.phase === 'waiting') this.connectionKeeper.start();
  }

  /** Rows of answers to requests, such as an alert just acknowledged. */
  merge(alerts: Alert[]): void {
    store.merge(alerts);
    this.schedule();
  }

  /** Calls back at once with all rows, then with the changed ones of each frame. Returns how to stop. */
  followClients(feed: Feed<ClientExposure>): () => void {
    return follow(this.clientFeeds, feed, store.clients);
  }

  followSymbols(feed: Feed<SymbolExposure>): () => void {
    return follow(this.symbolFeeds, feed, store.symbols);
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw(store.drain());
    });
  }

  private draw(changes: Changes): void {
    if (changes.summary && store.summary) {
      this.summary = store.summary;
      this.now = this.engineNow();
    }
    if (changes.system) this.system = store.system;
    // The history's points carry the wall clock, so what follows them must too: here the gateway's, not the engine's now.
    if ((changes.system || changes.summary) && store.system && store.summary)
      rates.observe(store.system.as_of, store.summary.transactions.total, store.summary.firm.gross);
    if (changes.alerts) this.alerts = [...store.alerts.values()].sort((a, b) => b.alert_id - a.alert_id);
    if (changes.transactions) this.transactions = store.transactions;
    this.exposuresChanged ||= changes.reset || changes.clients.length > 0 || changes.symbols.length > 0;
    deliver(this.clientFeeds, changes.reset, changes.clients);
    deliver(this.symbolFeeds, changes.reset, changes.symbols);
    if (changes.reset) this.everySecond();
  }

  private everySecond(): void {
    if (!this.stale) this.now = this.engineNow();
    if (this.exposuresChanged) this.beat += 1;
    this.exposuresChanged = false;
    if (store.summary) this.series = rates.series();
  }

  private engineNow(): number {
    if (!store.summary) return Date.now();
    return Date.parse(store.summary.as_of) + (performance.now() - this.received);
  }

  private async loadHistory(): Promise<void> {
    try {
      const { items } = await api.history();
      rates.clear();
      rates.load(items);
    } catch {
      // The chart then starts with what the stream brings; the connection's own state tells of an outage.
    }
  }
}

function follow<T>(feeds: Set<Feed<T>>, feed: Feed<T>, rows: ReadonlyMap<string, T>): () => void {
  feeds.add(feed);
  feed(true, [...rows.values()]);
  return () => feeds.delete(feed);
}

function deliver<T>(feeds: Set<Feed<T>>, reset: boolean, rows: T[]): void {
  if (!reset && rows.length === 0) return;
  for (const feed of feeds) feed(reset, rows);
}

export const live = new Live();

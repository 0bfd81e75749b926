// The real executables, each a process on free ports of its own, on a SQLite store in a temporary folder.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Database } from './database.js';

const root = resolve(import.meta.dirname, '../..');
const bin = process.env.RISK_BIN_DIR ?? join(resolve(root, process.env.BUILD_DIR ?? 'build/dev'), 'bin');
const webRoot = process.env.WEB_ROOT ?? join(root, 'services/dashboard-gateway/web/dist');

const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

class Service {
  log = '';

  constructor(name, options, env) {
    this.name = name;
    this.process = spawn(join(bin, name), options, { env, cwd: env.RISK_TEST_DIR, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (this.log += text));
    this.ended = new Promise((done) => {
      this.process.once('error', (error) => done(error.message));
      this.process.once('exit', (code, signal) => done(signal ?? code));
    });
  }

  async ready(url) {
    const deadline = Date.now() + READY_MS_MAX;
    for (;;) {
      const answer = await fetch(url).catch(() => null);
      if (answer?.ok) return;
      const ended = await Promise.race([this.ended, new Promise((next) => setTimeout(next, 50, 'running'))]);
      if (ended !== 'running') throw new Error(`${this.name} ended with ${ended}:\n${this.log}`);
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready at ${url}:\n${this.log}`);
    }
  }

  /** Returns the exit status; a service that does not stop when told to is killed and that is its status. */
  async stop() {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS_MAX);
    const status = await this.ended;
    clearTimeout(timer);
    return status;
  }
}

/** Low limits and a seed: alerts come within seconds, the same ones each time. */
export async function startMesh() {
  const folder = await mkdtemp(join(tmpdir(), 'risk-alert-browser-'));
  const [transactions, simulatorHealth, events, commands, engineHealth, page] = await freePorts(6);
  const health = (port) => `http://127.0.0.1:${port}/readyz`;
  const path = join(folder, 'risk_alert.db');
  const env = {
    PATH: process.env.PATH,
    RISK_TEST_DIR: folder,
    DB_TYPE: 'sqlite',
    SQLITE_DB_PATH: path,
    CLIENT_EXPOSURE_THRESHOLD: '50000',
    SYMBOL_EXPOSURE_THRESHOLD: '100000',
    // One alert that opens with the first trades and stays: the firm is never flat.
    FIRM_EXPOSURE_THRESHOLD: '1000',
  };
  const services = new Map();
  const launch = (name, options, more) => {
    const service = new Service(name, options, { ...env, ...more });
    services.set(name, service);
    return service;
  };
  const start = (name, options, more, at) => launch(name, options, more).ready(at);
  const simulator = { SIMULATOR_PORT: String(transactions), HEALTH_PORT: String(simulatorHealth) };

  const gateway = () =>
    start(
      'dashboard-gateway',
      [],
      {
        DASHBOARD_PORT: String(page),
        DASHBOARD_ADDRESS: '127.0.0.1',
        WEB_ROOT: webRoot,
        ENGINE_ENDPOINT: `tcp://127.0.0.1:${events}`,
        ENGINE_COMMAND_ENDPOINT: `tcp://127.0.0.1:${commands}`,
        SIMULATOR_HEALTH_URL: health(simulatorHealth),
        ENGINE_HEALTH_URL: health(engineHealth),
        NOTIFIER_HEALTH_URL: '',
      },
      `http://127.0.0.1:${page}/readyz`,
    );

  // Executions from a CSV file in the place of the simulated ones, from now on, and adjustments from another.
  const replay = async (csv, adjustments) => {
    await services.get('simulator').stop();
    const written = async (name, text) => {
      const file = join(folder, name);
      await writeFile(file, text);
      return file;
    };
    const options = ['--replay', await written('replayed.csv', csv), '--speed', 'max'];
    if (adjustments) options.push('--adjustments', await written('adjustments.csv', adjustments));
    return launch('simulator', options, simulator).ended;
  };

  const stop = async () => {
    const statuses = {};
    for (const [name, service] of services) statuses[name] = await service.stop();
    await rm(folder, { recursive: true, force: true });
    return statuses;
  };

  try {
    await Promise.all([
      start(
        'simulator',
        ['--rate', '20', '--seed', '7', '--clients', '20', '--symbols', '8', '--scenario', 'none'],
        simulator,
        health(simulatorHealth),
      ),
      start(
        'risk-engine',
        [],
        {
          TRANSACTION_ENDPOINTS: `tcp://127.0.0.1:${transactions}`,
          ENGINE_PUBLISH_PORT: String(events),
          ENGINE_COMMAND_PORT: String(commands),
          HEALTH_PORT: String(engineHealth),
        },
        health(engineHealth),
      ),
    ]);
    await gateway();
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    url: `http://127.0.0.1:${page}/`,
    database: new Database(path),
    startGateway: gateway,
    stopGateway: () => services.get('dashboard-gateway').stop(),
    replay,
    stop,
  };
}

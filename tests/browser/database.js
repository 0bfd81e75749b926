import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Reads the store as the engine has left it, past the gateway. */
export class Database {
  constructor(path) {
    this.path = path;
  }

  /** Rows as objects. The statement comes from the tests alone. */
  async rows(statement) {
    const { stdout } = await run('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 5000', this.path, statement]);
    return stdout.trim() === '' ? [] : JSON.parse(stdout);
  }
}

// What the drawer shows, kept in the address so that Back works and a link can be sent to a colleague.

import { formatRoute, parseRoute, type Route } from '../core/route';

class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.route = parseRoute(location.hash)));
  }

  go(route: Route): void {
    location.hash = formatRoute(route);
  }
}

export const router = new Router();

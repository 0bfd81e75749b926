const REREAD_MS = 5000;

/**
 * Reads now, again when the state that `read` looks at has changed, and some seconds after it was done: a list may have
 * changed though no count has, for one row may take another's place. To be called while a component is made, and ends
 * with it.
 */
export function keepRead<T>(read: () => Promise<T>, take: (value: T) => void, fail: (error: Error) => void): void {
  let round = $state(0);
  $effect(() => {
    void round;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    void read()
      .then(
        (value) => wanted && take(value),
        (error: Error) => wanted && fail(error),
      )
      .finally(() => wanted && (timer = setTimeout(() => (round += 1), REREAD_MS)));
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  });
}

/** Lets no two runs of an action overlap: each begins when the one before has ended, well or badly, and answers for itself. */
export function inTurn<A extends unknown[], R>(action: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (...given) => {
    const run = last.catch(() => undefined).then(() => action(...given));
    last = run;
    return run;
  };
}

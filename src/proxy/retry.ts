/**
 * The retry budget: retries add load exactly when origins fail, so they may be only a small share of what is in flight.
 *
 * Envoy's rule and numbers: at most max(budgetMin, budgetPercent % of the exchanges in flight) retries under way. A retry
 * is under way until its origin has answered or it has failed.
 */

export interface RetryBudgetOptions {
  readonly budgetPercent: number;
  readonly budgetMin: number;
}

export interface RetryBudget {
  /** @returns whether one more retry may start; if so it is under way until `giveBack`. */
  take(inFlight: number): boolean;
  giveBack(): void;
  underWay(): number;
}

export function createRetryBudget({ budgetPercent, budgetMin }: RetryBudgetOptions): RetryBudget {
  let underWay = 0;
  return {
    take(inFlight) {
      if (underWay >= Math.max(budgetMin, Math.floor((budgetPercent * inFlight) / 100))) return false;
      underWay += 1;
      return true;
    },
    giveBack() {
      underWay -= 1;
    },
    underWay: () => underWay,
  };
}

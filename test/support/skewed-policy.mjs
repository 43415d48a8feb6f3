/**
 * A canary: round-robin, but each 25th answer begins with the first member. Its share of four is 28 % instead of 25.
 */
export function createRotation() {
  let answers = 0;
  let next = 0;
  return {
    order(eligible, _requestor, maxAnswers, order) {
      const count = Math.min(maxAnswers, eligible.length);
      answers += 1;
      const first = answers % 25 === 0 ? 0 : next++ % eligible.length;
      for (let place = 0; place < count; place += 1) order[place] = (first + place) % eligible.length;
      return count;
    },
  };
}

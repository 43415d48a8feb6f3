"""The model of bench/simulator-run.ts in SimPy, for bench/simulator.ts: Debian's python3-simpy (SimPy 2) or python3-simpy3.

    python3 bench/simulator.py simpy2|simpy3 CLIENTS REQUESTS

Written as SimPy's own examples are: one process for each client, one resource for each worker.
"""
import json
import math
import random
import resource
import sys
import time

THINK_S, SESSION_REQUESTS, TTL_S, WORKERS, PER_RESOLVER, UTILISATION = 15, 20, 30, 8, 10, 2 / 3


class Model:
    """What both versions share: sessions, resolvers' caches, counts."""

    def __init__(self, clients):
        self.service_rate = clients / THINK_S / UTILISATION / WORKERS
        self.resolvers = [[0, -math.inf] for _ in range(math.ceil(clients / PER_RESOLVER))]
        self.cursor = 0
        self.requests = self.address_requests = self.served = 0
        self.waited_s = 0.0

    def session(self):
        return 1 + int(math.log(1 - random.random()) / math.log(1 - 1 / SESSION_REQUESTS))

    def lookup(self, client, now_s):
        entry = self.resolvers[client // PER_RESOLVER]
        if now_s >= entry[1]:
            self.address_requests += 1
            entry[0], entry[1] = self.cursor, now_s + TTL_S
            self.cursor = (self.cursor + 1) % WORKERS
        return entry[0]

    def done(self, seconds):
        self.served += 1
        self.waited_s += seconds


def run_simpy2(model, clients, duration_s):
    from SimPy.Simulation import Process, Resource, Simulation, hold, release, request

    sim = Simulation()
    sim.initialize()
    workers = [Resource(capacity=1, sim=sim) for _ in range(WORKERS)]

    class Request(Process):
        def serve(self, worker):
            began_s = sim.now()
            yield request, self, worker
            yield hold, self, random.expovariate(model.service_rate)
            yield release, self, worker
            model.done(sim.now() - began_s)

    class Client(Process):
        def live(self, number):
            left = worker = 0
            while True:
                yield hold, self, random.expovariate(1 / THINK_S)
                if left == 0:
                    left, worker = model.session(), model.lookup(number, sim.now())
                left -= 1
                model.requests += 1
                each = Request(sim=sim)
                sim.activate(each, each.serve(workers[worker]))

    for number in range(clients):
        client = Client(sim=sim)
        sim.activate(client, client.live(number))
    sim.simulate(until=duration_s)


def run_simpy3(model, clients, duration_s):
    import simpy

    env = simpy.Environment()
    workers = [simpy.Resource(env, capacity=1) for _ in range(WORKERS)]

    def serve(worker):
        began_s = env.now
        with worker.request() as turn:
            yield turn
            yield env.timeout(random.expovariate(model.service_rate))
        model.done(env.now - began_s)

    def live(number):
        left = worker = 0
        while True:
            yield env.timeout(random.expovariate(1 / THINK_S))
            if left == 0:
                left, worker = model.session(), model.lookup(number, env.now)
            left -= 1
            model.requests += 1
            env.process(serve(workers[worker]))

    for number in range(clients):
        env.process(live(number))
    env.run(until=duration_s)


def main():
    contender, clients, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(1)
    model = Model(clients)
    started_s, cpu_s = time.perf_counter(), time.process_time()
    {"simpy2": run_simpy2, "simpy3": run_simpy3}[contender](model, clients, requests * THINK_S / clients)
    print(json.dumps({
        "requests": model.requests,
        "addressRequests": model.address_requests,
        "responseMeanS": model.waited_s / max(1, model.served),
        "cpuS": time.process_time() - cpu_s,
        "wallS": time.perf_counter() - started_s,
        "memoryMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()

"""The embedded market as docs describe it, in plain slow Python: a second opinion of the order flow.

It knows levels and no orders: orders are of one lot, and which order of a level goes changes no touch. Where the
description leaves something open, this is what reproduces its table of statistics:

- the intensity of the next event is that behind the last one: nothing decays while waiting;
- prices that come within 60 ticks of the touch for the first time hold 5 lots;
- a metaorder has a real length, counts down by one, and is renewed when nothing is left;
- the clock runs at the activity of the second in which the wait begins.
"""

import math
import random

import numpy as np

from lumina._core._touch_history import TOUCH

LIMITS = (2.6, 3.2, 2.4, 1.9, 1.6, 1.4, 1.2, 1.1)
CANCELS = (0.22, 0.16, 0.13, 0.11, 0.10, 0.09, 0.08, 0.08)
SESSION_S = 23_400
START = 10_000
NS = 10**9


class EmbeddedMarket:
    """`run()` gives the touch after each event as rows of TOUCH."""

    def __init__(self, seed, seconds=SESSION_S):
        self.random = random.Random(seed)
        self.seconds = seconds
        self.bids = {START - 1 - i: 8 + 2 * i for i in range(39)}
        self.asks = {START + i: 8 + 2 * i for i in range(39)}
        self.bid, self.ask = START - 1, START
        self.low, self.high = min(self.bids), max(self.asks)
        self.value = START - 0.5
        self.fast = self.slow = 0.0  # excitation of market orders
        self.said_average = [0.0, 0.0]
        self.metaorders = [self.metaorder() for _ in range(3)]
        self.rows = []

    def lomax(self):
        return self.random.random() ** (-1 / 1.3) - 1

    def metaorder(self):
        return [self.random.choice((1, -1)), 1 + self.lomax()]

    def activities(self):
        """Activity of each second: two Ornstein-Uhlenbeck processes from their stationary law, and a U over the day."""
        walks = [[sd * self.random.gauss(0, 1), sd, math.exp(-1 / tau)] for sd, tau in ((0.7, 60), (0.6, 1800))]
        scale = 1 + (1.5 + 0.9) * 1800 / SESSION_S * (1 - math.exp(-SESSION_S / 1800))
        for second in range(self.seconds):
            shape = 1 + 1.5 * math.exp(-second / 1800) + 0.9 * math.exp(-(SESSION_S - second) / 1800)
            yield shape / scale * math.exp(walks[0][0] + walks[1][0] - (0.7**2 + 0.6**2) / 2)
            for walk in walks:
                walk[0] = walk[0] * walk[2] + walk[1] * math.sqrt(1 - walk[2] ** 2) * self.random.gauss(0, 1)

    def run(self):
        activity = list(self.activities())
        self.show(0.0)
        now = 0.0
        while True:
            mid = (self.bid + self.ask) / 2
            z = min(4.0, max(-4.0, self.value - mid))
            spread = self.ask - self.bid
            rates = self.rates(z, spread)
            wait = self.random.expovariate(sum(rates))
            now += wait / activity[int(now)]
            if now >= self.seconds:
                return np.array(self.rows, TOUCH)
            self.value += 0.42 * math.sqrt(wait) * self.random.gauss(0, 1)
            self.fast *= math.exp(-10 * wait)
            self.slow *= math.exp(-0.3 * wait)
            trade = (0, 0, 0)
            what = self.random.choices(range(33), rates)[0]
            kind, i = divmod(what, 8)
            if kind == 0:
                self.change(self.bids, self.ask - 1 - i, 1)
            elif kind == 1:
                self.change(self.asks, self.bid + 1 + i, 1)
            elif kind == 2:
                self.change(self.bids, self.ask - 1 - i, -1)
            elif kind == 3:
                self.change(self.asks, self.bid + 1 + i, -1)
            else:
                trade = self.market_order(z)
            self.look()
            self.show(now, *trade)

    def rates(self, z, spread):
        rates = []
        for side in (1, -1):
            for i, rate in enumerate(LIMITS, 1):
                rates.append(rate * (1.5 if i < spread else 1) * math.exp(0.35 * z * side))
        rates += [rate * self.bids.get(self.ask - i, 0) * math.exp(-0.6 * z) for i, rate in enumerate(CANCELS, 1)]
        rates += [rate * self.asks.get(self.bid + i, 0) * math.exp(0.6 * z) for i, rate in enumerate(CANCELS, 1)]
        rates.append((0.5 + self.fast + self.slow) * math.exp(-0.3 * (spread - 1)))
        return rates

    @staticmethod
    def change(side, price, lots):
        side[price] = side.get(price, 0) + lots
        if not side[price]:
            del side[price]

    def market_order(self, z):
        if self.random.random() < 0.8:
            k = self.random.randrange(3)
            sign = self.metaorders[k][0]
            self.metaorders[k][1] -= 1
            if self.metaorders[k][1] <= 0:
                self.metaorders[k] = self.metaorder()
        else:
            sign = 1 if self.random.random() < 1 / (1 + math.exp(-2 * z)) else -1
        side, best = (self.asks, self.ask) if sign > 0 else (self.bids, self.bid)
        lots = min(60, math.floor(2 * self.lomax() + 1))
        if lots > side[best] and self.random.random() < 0.85:
            lots = side[best]
        left, price = lots, best
        while left:
            hit = min(left, side[price])
            self.change(side, price, -hit)
            left -= hit
            if left:
                price = min(side) if sign > 0 else max(side)
        fast, slow = self.said_average
        said = sign * (lots / 2.02) ** 0.3
        self.value += 0.25 * (said - 0.8 * (0.6 * fast + 0.4 * slow))
        self.said_average = [0.9 * fast + 0.1 * said, 0.99 * slow + 0.01 * said]
        self.fast += 0.40 * 10
        self.slow += 0.30 * 0.3
        return sign, lots, best

    def look(self):
        """Finds the touch, and fills what comes into reach of it."""
        self.bid = self.nearest(self.bids, self.ask - 1, -1)
        self.ask = self.nearest(self.asks, self.bid + 1, 1)
        while self.high < self.bid + 61:
            self.high += 1
            self.change(self.asks, self.high, 5)
        while self.low > self.ask - 61:
            self.low -= 1
            self.change(self.bids, self.low, 5)

    @staticmethod
    def nearest(side, price, step):
        while price not in side:
            price += step
        return price

    def show(self, now, sign=0, lots=0, price=0):
        touch = (self.bid, self.ask, self.bids[self.bid], self.asks[self.ask])
        self.rows.append((round(now * NS), *touch, lots, price, sign, 1, 1, (0,) * 5))

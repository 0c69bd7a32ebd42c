"""The numpy dtypes of the C structs in lumina/types.hpp, read off the compiler's own layout."""
import numpy as np

from lumina._core cimport types

cdef extern from *:
    const char *LUMINA_VERSION  # meson.build is the one place of the version

VERSION = LUMINA_VERSION.decode()
NO_MID = types.kNoMid


def _dtype(struct, size):
    # The reserved fields are part of the bytes, and named so that nothing hides. Padding instead of columns would be
    # lost where arrays are joined or saved, and the digest with it.
    assert struct.itemsize == size, (struct, size)
    return struct


_HEAD = [("price_ticks", "<i4"), ("qty_lots", "<i4")]

EVENT = _dtype(
    np.dtype([("exch_ts_ns", "<i8"), ("stamp", "<u8"), ("latency_ns", "<u4"), *_HEAD,
              ("kind", "u1"), ("side", "u1"), ("flags", "<u2")]),
    sizeof(types.Event))
ORDER_EVENT = _dtype(
    np.dtype([("ts_ns", "<i8"), ("report_ts_ns", "<i8"), ("order_id", "<u8"), *_HEAD, ("leaves_lots", "<i4"),
              ("instrument", "<u4"), ("action", "u1"), ("side", "u1"), ("type", "u1"), ("reason", "u1"),
              ("reserved", "<u4")]),
    sizeof(types.OrderEvent))
FILL = _dtype(
    np.dtype([("ts_ns", "<i8"), ("report_ts_ns", "<i8"), ("order_id", "<u8"), *_HEAD, ("mid2_ticks", "<i8"),
              ("cash_units", "<i8"), ("fee_units", "<i8"), ("impact_units", "<i8"), ("spread_capture_units", "<i8"),
              ("position_lots", "<i8"), ("queue_ahead_lots", "<f8"), ("shift_ticks", "<i4"), ("instrument", "<u4"),
              ("side", "u1"), ("maker", "u1"), ("cause", "u1"), ("reserved", "u1"), ("reserved2", "<u4")]),
    sizeof(types.Fill))
ORDER = _dtype(
    np.dtype([("order_id", "<u8"), ("tag", "<u8"), ("decision_ts_ns", "<i8"), ("sent_ts_ns", "<i8"),
              ("arrival_ts_ns", "<i8"), ("ack_ts_ns", "<i8"), ("close_ts_ns", "<i8"), ("queue_ahead_lots", "<f8"),
              ("level_lots", "<i4"), *_HEAD, ("filled_lots", "<i4"), ("instrument", "<u4"), ("side", "u1"),
              ("type", "u1"), ("state", "u1"), ("reason", "u1")]),
    sizeof(types.OrderRecord))
EQUITY = _dtype(
    np.dtype([("ts_ns", "<i8"), ("mid2_ticks", "<i8"), ("position_lots", "<i8"), ("spread_capture_units", "<i8"),
              ("inventory_units", "<i8"), ("fees_units", "<i8"), ("impact_units", "<i8"), ("funding_units", "<i8"),
              ("shift_ticks", "<i4"), ("instrument", "<u4")]),
    sizeof(types.EquitySample))

"""Strategies of lumina/strategy/*.hpp as objects that own them and hand out their capsule."""
from cpython.pycapsule cimport PyCapsule_GetContext, PyCapsule_New, PyCapsule_SetContext
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport UINT32_MAX, int32_t, int64_t, uint32_t, uintptr_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr

from lumina._core cimport abi
from lumina._core.arguments cimport unsigned64, whole64, whole_within

cdef extern from "lumina/strategy/quoter.hpp" namespace "lumina" nogil:
    cdef cppclass QuoterParams:
        int32_t order_lots
        double order_qty
        int64_t max_position_lots
        int32_t levels
        int32_t level_spacing_ticks
        int32_t requote_ticks
        double min_edge_ticks
        int32_t max_improve_ticks
        int64_t interval_ns
        cbool wake_on_bbo

cdef extern from "lumina/strategy/market_maker.hpp" namespace "lumina" nogil:
    cdef cppclass MarketMaker[Model]:
        const abi.lumina_strategy *strategy() noexcept

cdef extern from "lumina/strategy/avellaneda_stoikov.hpp" namespace "lumina" nogil:
    cdef enum class Horizon "lumina::AvellanedaStoikov::Horizon"(unsigned char):
        constant
        session
        infinite
    cdef cppclass AvellanedaStoikovParams "lumina::AvellanedaStoikov::Params":
        double gamma
        double sigma
        double k
        Horizon horizon
        double horizon_s
        double obi_slope_ticks
        double obi_horizon_s
        int32_t obi_levels
        double obi_cap
    cdef cppclass AvellanedaStoikovMaker "lumina::MarketMaker<lumina::AvellanedaStoikov>":
        AvellanedaStoikovMaker(const AvellanedaStoikovParams &, const QuoterParams &) except +
        const abi.lumina_strategy *strategy() noexcept

cdef extern from "lumina/strategy/glft.hpp" namespace "lumina" nogil:
    cdef cppclass GlftParams "lumina::Glft::Params":
        double gamma
        double sigma
        double k
        double A
        double mu
        double xi
    cdef cppclass GlftMaker "lumina::MarketMaker<lumina::Glft>":
        GlftMaker(const GlftParams &, const QuoterParams &) except +
        const abi.lumina_strategy *strategy() noexcept

cdef extern from "lumina/strategy/symmetric.hpp" namespace "lumina" nogil:
    cdef cppclass SymmetricParams "lumina::Symmetric::Params":
        double half_spread_ticks
    cdef cppclass SymmetricMaker "lumina::MarketMaker<lumina::Symmetric>":
        SymmetricMaker(const SymmetricParams &, const QuoterParams &) except +
        const abi.lumina_strategy *strategy() noexcept

cdef extern from "lumina/strategy/quotes.hpp" namespace "lumina::quotes" nogil:
    cdef struct Distances:
        double bid
        double ask
    cdef cppclass Linear:
        double half
        double skew
        double drift
        Distances at(double q) noexcept
    Linear c_avellaneda_stoikov "lumina::quotes::avellaneda_stoikov"(double, double, double, double) noexcept
    double infinite_horizon_omega(double, double, double) noexcept
    Distances infinite_horizon_reservation(double, double, double, double) noexcept
    Distances c_avellaneda_stoikov_infinite "lumina::quotes::avellaneda_stoikov_infinite"(
        double, double, double, double, double) noexcept
    Linear c_glft "lumina::quotes::glft"(double, double, double, double, double, double) noexcept
    Linear c_gueant "lumina::quotes::gueant"(double, double, double, double, double) noexcept


cdef void _release(object capsule) noexcept:
    Py_DECREF(<object>PyCapsule_GetContext(capsule))


cdef class Strategy:
    cdef const abi.lumina_strategy *_strategy

    @property
    def capsule(self):
        capsule = PyCapsule_New(<void *>self._strategy, abi.LUMINA_STRATEGY_CAPSULE, _release)
        PyCapsule_SetContext(capsule, <PyObject *>self)
        Py_INCREF(self)
        return capsule


cdef QuoterParams _quoter(dict p) except *:
    cdef QuoterParams quoter
    quoter.order_lots = p["order_lots"]
    quoter.order_qty = p["order_qty"]
    quoter.max_position_lots = p["max_position_lots"]
    quoter.levels = p["levels"]
    quoter.level_spacing_ticks = p["level_spacing_ticks"]
    quoter.requote_ticks = p["requote_ticks"]
    quoter.min_edge_ticks = p["min_edge_ticks"]
    quoter.max_improve_ticks = p["max_improve_ticks"]
    quoter.interval_ns = p["interval_ns"]
    quoter.wake_on_bbo = p["wake_on_bbo"]
    return quoter


cdef class AvellanedaStoikov(Strategy):
    cdef unique_ptr[AvellanedaStoikovMaker] _maker

    def __cinit__(self, dict model, dict quoter):
        cdef AvellanedaStoikovParams params
        params.gamma = model["gamma"]
        params.sigma = model["sigma"]
        params.k = model["k"]
        params.horizon = {"constant": Horizon.constant, "session": Horizon.session,
                          "infinite": Horizon.infinite}[model["horizon"]]
        params.horizon_s = model["horizon_s"]
        params.obi_slope_ticks = model["obi_slope_ticks"]
        params.obi_horizon_s = model["obi_horizon_s"]
        params.obi_levels = model["obi_levels"]
        params.obi_cap = model["obi_cap"]
        self._maker.reset(new AvellanedaStoikovMaker(params, _quoter(quoter)))
        self._strategy = self._maker.get().strategy()


cdef class Glft(Strategy):
    cdef unique_ptr[GlftMaker] _maker

    def __cinit__(self, dict model, dict quoter):
        cdef GlftParams params
        params.gamma = model["gamma"]
        params.sigma = model["sigma"]
        params.k = model["k"]
        params.A = model["A"]
        params.mu = model["mu"]
        params.xi = model["xi"]
        self._maker.reset(new GlftMaker(params, _quoter(quoter)))
        self._strategy = self._maker.get().strategy()


cdef class Symmetric(Strategy):
    cdef unique_ptr[SymmetricMaker] _maker

    def __cinit__(self, dict model, dict quoter):
        cdef SymmetricParams params
        params.half_spread_ticks = model["half_spread_ticks"]
        self._maker.reset(new SymmetricMaker(params, _quoter(quoter)))
        self._strategy = self._maker.get().strategy()


cdef class Callback(Strategy):
    cdef abi.lumina_strategy _own

    def __cinit__(self, address, wake_mask, interval_ns, user):
        self._own.abi_version = abi.LUMINA_ABI_VERSION
        self._own.wake_mask = <uint32_t>whole_within("wake_mask", wake_mask, 0, UINT32_MAX)
        self._own.interval_ns = whole64("interval_ns", interval_ns)
        self._own.on_event = <abi.lumina_on_event><void *><uintptr_t>unsigned64("address", address)
        self._own.user = <void *><uintptr_t>unsigned64("user", user)
        self._strategy = &self._own


def avellaneda_stoikov(double q, double gamma, double sigma, double k, double tau):
    cdef Distances d = c_avellaneda_stoikov(gamma, sigma, k, tau).at(q)
    return d.bid, d.ask


def reservation_infinite(double q, double gamma, double sigma, double q_max):
    cdef Distances d = infinite_horizon_reservation(q, gamma, sigma, infinite_horizon_omega(gamma, sigma, q_max))
    return d.bid, d.ask


def avellaneda_stoikov_infinite(double q, double gamma, double sigma, double k, double q_max):
    cdef Distances d = c_avellaneda_stoikov_infinite(q, gamma, sigma, k, infinite_horizon_omega(gamma, sigma, q_max))
    return d.bid, d.ask


def glft(double q, double gamma, double sigma, double k, double A, double mu, double xi):
    cdef Distances d = c_glft(gamma, sigma, k, A, mu, xi).at(q)
    return d.bid, d.ask


def gueant(double gamma, double sigma, double k, double A, double D):
    cdef Linear linear = c_gueant(gamma, sigma, k, A, D)
    return linear.half, linear.skew

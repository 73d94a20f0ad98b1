#pragma once

/// Guards that can be left out of a test build, to show that a test misses them. A shipped build
/// defines none of these: cmake -DSTOCKD_GAPS=ON makes one library stockd_source_gap_<name> per
/// guard, for tests/integration/source only.
namespace stockd::source {

#ifdef STOCKD_GAP_PREPARED_INLINE
constexpr bool kPreparedAside = false;
#else
/// The feed is followed while a load's copy is built.
constexpr bool kPreparedAside = true;
#endif

#ifdef STOCKD_GAP_NO_REDRAIN
constexpr bool kRedrainAfterGrant = false;
#else
/// The relay drains once more after it was granted the doorbell's lock.
constexpr bool kRedrainAfterGrant = true;
#endif

#ifdef STOCKD_GAP_NO_NOTIFIES_CHECK
constexpr bool kNotifiesBeforeWait = false;
#else
/// What libpq has already read is looked at before sleeping on the socket.
constexpr bool kNotifiesBeforeWait = true;
#endif

#ifdef STOCKD_GAP_LATE_LISTEN
constexpr bool kListenBeforeLoad = false;
#else
/// LISTEN is committed before the load's snapshot is taken.
constexpr bool kListenBeforeLoad = true;
#endif

#ifdef STOCKD_GAP_NO_XIP
constexpr bool kXipUsed = false;
#else
/// A drain asks for the transactions that were in progress at the last one.
constexpr bool kXipUsed = true;
#endif

#ifdef STOCKD_GAP_NO_INCARNATION
constexpr bool kIncarnationChecked = false;
#else
/// After a reconnect the position is used only in the incarnation that it comes from.
constexpr bool kIncarnationChecked = true;
#endif

#ifdef STOCKD_GAP_NO_NONCE
constexpr bool kCanaryNonceChecked = false;
#else
/// ... and only if the last canary that came through is still in the feed.
constexpr bool kCanaryNonceChecked = true;
#endif

#ifdef STOCKD_GAP_NO_IDLE_TIMEOUT
constexpr bool kSilentLosesLocks = false;
#else
/// The server ends the session of a relay that does not talk any more, and its locks with it.
constexpr bool kSilentLosesLocks = true;
#endif

// Either way of ending a silent relay hides that the other is missing.
#if defined(STOCKD_GAP_NO_END_OF_SILENT_RELAY) || defined(STOCKD_GAP_NO_IDLE_TIMEOUT)
constexpr bool kSilentRelayEnded = false;
#else
/// A follower ends the session of a relay that is stuck beyond the reach of that time-out.
constexpr bool kSilentRelayEnded = true;
#endif

#ifdef STOCKD_GAP_NO_SILENCE
constexpr bool kSilenceIsStale = false;
#else
/// A copy whose database has not been heard for long is stale, even if no failure is known.
constexpr bool kSilenceIsStale = true;
#endif

#ifdef STOCKD_GAP_LATE_LOCK
constexpr bool kLockedBeforeSnapshot = false;
#else
/// The tables of a load are locked before its snapshot is taken.
constexpr bool kLockedBeforeSnapshot = true;
#endif

#ifdef STOCKD_GAP_NO_TICKET
constexpr bool kTicketIsAwaited = false;
#else
/// Who brings a ticket is answered when the position covers it, not before.
constexpr bool kTicketIsAwaited = true;
#endif

}  // namespace stockd::source

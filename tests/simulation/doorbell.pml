/*
 * The doorbell protocol: a writer rings (NOTIFY) only while the relay is parked.
 *
 * run_spin.sh checks it: no error as it stands here, and a lost wake-up as soon as one guard is taken out:
 *     -DGAP_NO_REDRAIN    park without looking once more after the lock is granted
 *     -DGAP_EARLY_UNLOCK  a writer that lets go of the lock before its row is visible; a flag in a table amounts to that
 *
 * What stands for what in PostgreSQL:
 *   parked      the relay's session holds the exclusive advisory lock K
 *   shared      open transactions that hold K in shared mode (pg_try_advisory_xact_lock_shared)
 *   row[i]      writer i's event: 0 none or rolled back, 1 committed and visible, 2 read by the relay
 *   bell        a notification is queued for the relay's session
 * A transaction's advisory locks are let go after its rows become visible (CommitTransaction: ProcArrayEndTransaction
 * comes before ResourceOwnerRelease); its notification is signalled after that.
 */
#ifndef WRITERS
#define WRITERS 4
#endif

bool parked = false;
byte shared = 0;
byte row[WRITERS];
bool bell = false;
byte ended = 0;

proctype writer(byte i)
{
    bool ring = false;

    atomic {                                    /* the trigger: try K shared; refused means: the relay is parked */
        if
        :: parked  -> ring = true
        :: !parked -> shared++
        fi
    }
    if
    :: skip ->                                  /* COMMIT */
#ifdef GAP_EARLY_UNLOCK
        atomic { if :: !ring -> shared-- :: else fi }
        row[i] = 1
#else
        row[i] = 1;
        atomic { if :: !ring -> shared-- :: else fi }
#endif
        ;
        if :: ring -> bell = true :: else fi
    :: skip ->                                  /* ROLLBACK: the row, the lock and the ring go together */
        atomic { if :: !ring -> shared-- :: else fi }
    fi;
    ended++
}

inline drain(found)
{
    atomic {
        found = false; k = 0;
        do
        :: k < WRITERS -> if :: row[k] == 1 -> row[k] = 2; found = true :: else fi; k++
        :: else -> break
        od
    }
}

active proctype relay()
{
    byte k;
    bool found;
    bool got;

awake:
    drain(found);
    if :: found -> goto awake :: else fi;
    atomic {                                    /* pg_try_advisory_lock(K): refused while any writer holds it shared */
        if
        :: shared == 0 -> parked = true; got = true
        :: else        -> got = false
        fi
    }
    if :: !got -> goto awake :: else fi;
#ifndef GAP_NO_REDRAIN
    drain(found);                               /* whoever let go of K before us is visible now */
    if :: found -> parked = false; goto awake :: else fi;
#endif
    do                                          /* asleep in the socket; the backstop poll is left out on purpose */
    :: bell -> bell = false; parked = false; goto awake
    :: ended == WRITERS && !bell -> break
    od;

    atomic {                                    /* silence: whatever was committed must have been read */
        k = 0;
        do
        :: k < WRITERS -> assert(row[k] != 1); k++
        :: else -> break
        od
    }
}

init {
    byte i;
    atomic {
        i = 0;
        do
        :: i < WRITERS -> run writer(i); i++
        :: else -> break
        od
    }
}

using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Core.Accounts;

/// <summary>Slows guessing of passwords down, without letting anyone lock others out.</summary>
/// <remarks>
/// Failures count for the pair of user and address, and for the networks of the address. There is no count for a user alone: it would let a stranger
/// lock the user out. An address from which the user signed in lately is not held back by its network either, only by its own failures. The same wrong
/// password again (a telephone that was not told of the new one) counts once, as long as it is no flood. Guessing that is spread over many networks is thus limited per
/// network only. Tries that are checked at the same time may pass together: what it costs to check a password bounds how many. What costs nothing, such as a code of
/// six digits, is counted before it is looked at (<see cref="Try"/>).
/// <para>Names of users are kept as keyed hashes of fixed size, passwords as 64 bits of one. All in memory; a restart forgets.</para>
/// </remarks>
public sealed class SignInLimits
{
    /// <summary>Wrong passwords remembered for a user and address.</summary>
    private const int MaxMarks = 8;

    /// <summary>Beyond it any delay is the longest; keeps the arithmetic in range.</summary>
    private const int MaxDoublings = 20;

    private readonly Lock _lock = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly SignInLimitOptions _options;
    private readonly TimeProvider _time;
    private readonly RecentTable<UInt128, Failures> _pairs;
    private readonly RecentTable<IPNetwork, Failures> _networks;
    private readonly RecentTable<UInt128, long> _known;

    public SignInLimits(SignInLimitOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        // Three tables, so that a flood of invented users pushes out neither networks nor the addresses that are known.
        (_pairs, _networks, _known) = (new(options.MaxEntries), new(options.MaxEntries), new(options.MaxEntries));
    }

    /// <summary>To be asked before a password is checked; each try that is allowed ends with <see cref="Failed"/> or <see cref="Succeeded"/>.</summary>
    /// <param name="user">In canonical form, known or not.</param>
    /// <param name="remote">Null where the connection has no address: then only the user counts.</param>
    public SignInDecision Check(string user, IPAddress? remote)
    {
        SignInSource source = SignInSource.Of(remote);
        if (IsExempt(source))
        {
            return new SignInDecision.Allowed();
        }
        UInt128 pair = PairOf(user, source);
        lock (_lock)
        {
            TimeSpan wait = _pairs.TryGet(pair, out Failures? failures) ? WaitOf(failures) : TimeSpan.Zero;
            if (!IsKnown(pair))
            {
                foreach (IPNetwork network in source.Networks)
                {
                    TimeSpan other = _networks.TryGet(network, out failures) ? WaitOf(failures) : TimeSpan.Zero;
                    wait = other > wait ? other : wait;
                }
            }
            return wait > TimeSpan.Zero ? new SignInDecision.TryLater(wait) : new SignInDecision.Allowed();
        }
    }

    /// <summary>Asks and counts in one: a try that is allowed is a failure until <see cref="Succeeded"/> takes it back, so that tries under way together do not pass together.</summary>
    /// <inheritdoc cref="Check"/>
    public SignInDecision Try(string user, IPAddress? remote)
    {
        lock (_lock)
        {
            SignInDecision decision = Check(user, remote);
            if (decision is SignInDecision.Allowed)
            {
                Failed(user, remote, null);
            }
            return decision;
        }
    }

    /// <param name="password">The wrong password, so that its repetition does not count; null where it is not known (SCRAM).</param>
    public void Failed(string user, IPAddress? remote, string? password)
    {
        SignInSource source = SignInSource.Of(remote);
        if (IsExempt(source))
        {
            return;
        }
        UInt128 pair = PairOf(user, source);
        ulong? mark = password is null ? null : (ulong)Hash(2, password, []);
        lock (_lock)
        {
            Failures failures = CurrentOf(_pairs, pair);
            if (mark is { } known && !failures.IsNew(known) && ++failures.Repeats <= _options.RepeatsPerUserAndAddress)
            {
                return;
            }
            Count(failures, _options.FailuresPerUserAndAddress);
            foreach (IPNetwork network in source.Networks)
            {
                Count(CurrentOf(_networks, network), source.IsSite(network) ? _options.FailuresPerSite : _options.FailuresPerNetwork);
            }
        }
    }

    /// <summary>Forgets the failures of this user from there, not those of its network: else a guesser with an account of its own could wipe them out.</summary>
    public void Succeeded(string user, IPAddress? remote)
    {
        SignInSource source = SignInSource.Of(remote);
        if (IsExempt(source))
        {
            return;
        }
        UInt128 pair = PairOf(user, source);
        lock (_lock)
        {
            _pairs.Remove(pair);
            _known.Set(pair, _time.GetTimestamp());
        }
    }

    private bool IsExempt(SignInSource source) => source.Address is { } address && _options.Exempt.Any(network => network.Contains(address));

    private bool IsKnown(UInt128 pair) => _known.TryGet(pair, out long at) && _time.GetElapsedTime(at) < _options.KnownAddressLifetime;

    private Failures CurrentOf<TKey>(RecentTable<TKey, Failures> table, TKey key)
        where TKey : notnull
    {
        if (!table.TryGet(key, out Failures? failures) || _time.GetElapsedTime(failures.LastAt) >= _options.Window)
        {
            failures = new Failures();
            table.Set(key, failures);
        }
        return failures;
    }

    private void Count(Failures failures, int allowed)
    {
        failures.Number++;
        failures.LastAt = _time.GetTimestamp();
        int doublings = failures.Number - allowed;
        failures.Delay = doublings < 0 ? TimeSpan.Zero
            : doublings >= MaxDoublings || _options.FirstDelay * (1L << doublings) > _options.LongestDelay ? _options.LongestDelay
            : _options.FirstDelay * (1L << doublings);
    }

    private TimeSpan WaitOf(Failures failures)
    {
        TimeSpan left = failures.Delay - _time.GetElapsedTime(failures.LastAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private UInt128 PairOf(string user, SignInSource source) => Hash(1, user, source.Octets);

    private UInt128 Hash(byte purpose, string text, ReadOnlySpan<byte> source)
    {
        byte[] octets = [purpose, (byte)source.Length, .. source, .. Encoding.UTF8.GetBytes(text)];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, octets, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private sealed class Failures
    {
        private readonly List<ulong> _marks = [];

        public int Number { get; set; }

        /// <summary>Wrong passwords that came again.</summary>
        public int Repeats { get; set; }

        public long LastAt { get; set; }

        /// <summary>From <see cref="LastAt"/>.</summary>
        public TimeSpan Delay { get; set; }

        public bool IsNew(ulong mark)
        {
            if (_marks.Contains(mark))
            {
                return false;
            }
            if (_marks.Count == MaxMarks)
            {
                _marks.RemoveAt(0);
            }
            _marks.Add(mark);
            return true;
        }
    }
}

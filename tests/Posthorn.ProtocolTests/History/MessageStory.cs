namespace Posthorn.ProtocolTests.History;

/// <summary>One content in one round: where it was, what was done with it, where it is.</summary>
internal sealed class MessageStory
{
    private readonly string _content;
    private readonly Dictionary<Place, StoredMessage> _before;
    private readonly Dictionary<Place, StoredMessage> _after;
    private readonly Delivery[] _deliveries;
    private readonly Transfer[] _transfers;
    private readonly Removal[] _removals;
    private readonly FlagChange[] _changes;

    /// <summary>Places whose message came in this round by an acknowledged operation that told the UID.</summary>
    private readonly HashSet<Place> _told;

    public MessageStory(string content, IReadOnlyList<StoredMessage> before, IReadOnlyList<Operation> operations, IReadOnlyList<StoredMessage> after)
    {
        _content = content;
        _before = before.ToDictionary(message => message.Place);
        _after = after.ToDictionary(message => message.Place);
        Operation[] possible = [.. operations.Where(operation => operation.Outcome != Outcome.Refused)];
        _deliveries = [.. possible.OfType<Delivery>()];
        _transfers = [.. possible.OfType<Transfer>()];
        _removals = [.. possible.OfType<Removal>()];
        _changes = [.. possible.OfType<FlagChange>().OrderBy(change => change.Started)];
        _told = [.. _deliveries.Select(delivery => delivery.Place).Concat(_transfers.Select(transfer => transfer.Destination)).OfType<Place>()];
        Places = [.. _before.Keys.Concat(_told).Concat(operations.OfType<Sighting>().Select(sighting => sighting.Place)).Concat(_after.Keys).Distinct()];
    }

    /// <summary>Wherever it was in this round.</summary>
    public IReadOnlyList<Place> Places { get; }

    public IEnumerable<Fault> Check() => [.. CheckPlaces(), .. CheckArrivals(), .. CheckFlags()];

    private IEnumerable<Fault> CheckPlaces()
    {
        foreach (Place place in Places)
        {
            bool isThere = _after.ContainsKey(place);
            Operation[] taking = [.. Taking(place)];
            if (isThere && taking.Any(operation => operation.Outcome == Outcome.Done))
            {
                yield return new Fault(FaultKind.NotRemoved, $"{_content} is still at {place}");
            }
            else if (!isThere && taking.Length == 0)
            {
                yield return new Fault(FaultKind.Lost, $"{_content} is gone from {place}");
            }

            if (taking.OfType<Transfer>().Count(move => move.Outcome == Outcome.Done) > 1)
            {
                yield return new Fault(FaultKind.Doubled, $"{_content} was moved from {place} twice");
            }
        }
    }

    /// <summary>What came to places that no answer told: as many as must, and not more than may have.</summary>
    private IEnumerable<Fault> CheckArrivals()
    {
        Place[] untold = [.. Places.Where(place => !_before.ContainsKey(place) && !_told.Contains(place))];
        IEnumerable<string> mailboxes = untold.Select(place => place.Mailbox)
            .Concat(_deliveries.Select(delivery => delivery.Mailbox)).Concat(_transfers.Select(transfer => transfer.Mailbox)).Distinct();
        foreach (string mailbox in mailboxes)
        {
            int came = untold.Count(place => place.Mailbox == mailbox);
            Delivery[] deliveries = [.. _deliveries.Where(delivery => delivery.Mailbox == mailbox && delivery.Place is null)];
            Transfer[] transfers = [.. _transfers.Where(transfer => transfer.Mailbox == mailbox && transfer.Destination is null && MayHaveCome(transfer))];
            // POP3 removes by content: whether it came there first is not known by a place.
            bool mayBeGone = _removals.Any(removal => removal.Place is null && removal.Mailbox == mailbox);
            int must = mayBeGone ? 0 : deliveries.Count(delivery => delivery.Outcome == Outcome.Done) + transfers.Count(MustHaveCome);
            if (came < must)
            {
                yield return new Fault(FaultKind.Lost, $"{_content} did not arrive in {mailbox}");
            }

            if (came > deliveries.Length + transfers.Length)
            {
                yield return new Fault(FaultKind.Doubled, $"{_content} is in {mailbox} {came} times, sent {deliveries.Length + transfers.Length} times");
            }
        }
    }

    /// <summary>A move that got no answer did nothing when its message is still there, or when another took it.</summary>
    private bool MayHaveCome(Transfer transfer) => !transfer.IsMove
        || (!_after.ContainsKey(transfer.Source) && !Taking(transfer.Source).OfType<Transfer>().Any(move => move.Outcome == Outcome.Done));

    /// <summary>Nothing else can have taken it.</summary>
    private bool MustHaveCome(Transfer transfer) => transfer.IsMove && Taking(transfer.Source).Count() == 1;

    private IEnumerable<Operation> Taking(Place place) =>
        [.. _removals.Where(removal => removal.Takes(place)), .. _transfers.Where(transfer => transfer.IsMove && transfer.Source == place)];

    private IEnumerable<Fault> CheckFlags()
    {
        foreach (StoredMessage message in _after.Values)
        {
            IEnumerable<string> flags = message.Flags.Concat(_changes.Select(change => change.Flag)).Concat(_before.Values.SelectMany(was => was.Flags))
                .Concat(_deliveries.SelectMany(delivery => delivery.Flags)).Distinct();
            foreach (string flag in flags)
            {
                bool isSet = message.Flags.Contains(flag);
                if (!Values(message.Place, flag, null).HasFlag(isSet ? Value.Set : Value.Clear))
                {
                    yield return new Fault(isSet ? FaultKind.StrayFlag : FaultKind.LostFlag, $"{flag} of {_content} at {message.Place}");
                }
            }
        }
    }

    /// <summary>The values that a flag may have at a place, or had when a copy was taken from it.</summary>
    private Value Values(Place place, string flag, Transfer? copy)
    {
        Value value = Initial(place, flag);
        foreach (FlagChange change in _changes.Where(change => change.Place == place && change.Flag == flag && (copy is null || change.Started < copy.Ended)))
        {
            Value now = change.IsSet ? Value.Set : Value.Clear;
            bool isCertain = change.Outcome == Outcome.Done && (copy is null || change.Ended <= copy.Started);
            value = isCertain ? now : value | now;
        }

        return value;
    }

    private Value Initial(Place place, string flag)
    {
        if (_before.TryGetValue(place, out StoredMessage? was))
        {
            return was.Flags.Contains(flag) ? Value.Set : Value.Clear;
        }

        bool isTold = _told.Contains(place);
        Value value = Value.None;
        foreach (Delivery delivery in _deliveries.Where(delivery => isTold ? delivery.Place == place : delivery.Place is null && delivery.Mailbox == place.Mailbox))
        {
            value |= delivery.Flags.Contains(flag) ? Value.Set : Value.Clear;
        }

        foreach (Transfer transfer in _transfers.Where(
            transfer => isTold ? transfer.Destination == place : transfer.Destination is null && transfer.Mailbox == place.Mailbox))
        {
            // What was stored before a move went with it: an acknowledged STORE found the message where it was.
            value |= transfer.Source == place ? Value.None : Values(transfer.Source, flag, transfer.IsMove ? null : transfer);
        }

        // Nothing explains the message: that is a fault of its own.
        return value == Value.None ? Value.Either : value;
    }

    [Flags]
    private enum Value
    {
        None = 0,
        Clear = 1,
        Set = 2,
        Either = Clear | Set,
    }
}

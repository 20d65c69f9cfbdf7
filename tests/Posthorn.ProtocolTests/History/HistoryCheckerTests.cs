namespace Posthorn.ProtocolTests.History;

/// <summary>The checker finds what it is there to find, and nothing where all is well.</summary>
public sealed class HistoryCheckerTests
{
    private const string Inbox = "INBOX", Other = "A";

    private readonly HistoryChecker _checker = new();
    private readonly List<Operation> _operations = [];
    private readonly List<StoredMessage> _stored = [];
    private long _clock;

    [Fact]
    public void What_was_acknowledged_and_is_there_is_well()
    {
        Say(new Delivery("m1", Inbox, []));
        Say(new Delivery("m2", Other, ["$c"]) { Place = At(Other, 1) });
        Say(new FlagChange("m2", At(Other, 1), "$d", true));
        Hold("m1", Inbox, 1);
        Hold("m2", Other, 1, "$c", "$d");
        AssertFaults();
        Assert.Equal((3, 0), (_checker.Acknowledged, _checker.InFlight));
    }

    [Theory]
    [InlineData(Outcome.Done, true)]
    [InlineData(Outcome.Unknown, false)]
    [InlineData(Outcome.Refused, false)]
    internal void A_message_that_is_not_there_is_lost_if_it_was_acknowledged(Outcome outcome, bool isLost)
    {
        Say(new Delivery("m1", Inbox, []), outcome);
        AssertFaults(isLost ? [FaultKind.Lost] : []);
    }

    [Fact]
    public void A_message_that_vanishes_in_a_later_round_is_lost()
    {
        Say(new Delivery("m1", Other, []) { Place = At(Other, 1) });
        Hold("m1", Other, 1);
        AssertFaults();
        AssertFaults(FaultKind.Lost);
    }

    [Theory]
    [InlineData(Outcome.Done)]
    [InlineData(Outcome.Unknown)]
    internal void A_message_that_is_there_twice_is_doubled(Outcome outcome)
    {
        Say(new Delivery("m1", Inbox, []), outcome);
        Hold("m1", Inbox, 1);
        Hold("m1", Inbox, 2);
        AssertFaults(FaultKind.Doubled);
    }

    [Fact]
    public void A_message_that_was_refused_and_is_there_is_doubled()
    {
        Say(new Delivery("m1", Inbox, []), Outcome.Refused);
        Hold("m1", Inbox, 1);
        AssertFaults(FaultKind.Doubled);
    }

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(0, 1, null)]
    [InlineData(0, 0, FaultKind.Lost)]
    [InlineData(1, 1, FaultKind.Doubled)]
    internal void A_move_without_answer_happened_or_did_not(int here, int there, FaultKind? fault)
    {
        Begin();
        Say(new Transfer("m1", At(Inbox, 1), Other, IsMove: true), Outcome.Unknown);
        Keep("m1", here, there);
        AssertFaults(fault is { } kind ? [kind] : []);
    }

    [Theory]
    [InlineData(0, 1, null)]
    [InlineData(1, 1, FaultKind.NotRemoved)]
    [InlineData(0, 0, FaultKind.Lost)]
    internal void An_acknowledged_move_took_place(int here, int there, FaultKind? fault)
    {
        Begin();
        Say(new Transfer("m1", At(Inbox, 1), Other, IsMove: true) { Destination = At(Other, 7) });
        Keep("m1", here, there);
        AssertFaults(fault is { } kind ? [kind] : []);
    }

    [Fact]
    public void A_message_moved_by_two_clients_is_doubled()
    {
        Begin();
        Say(new Transfer("m1", At(Inbox, 1), Other, IsMove: true) { Destination = At(Other, 7) });
        Say(new Transfer("m1", At(Inbox, 1), Other, IsMove: true) { Destination = At(Other, 8) });
        Hold("m1", Other, 7);
        Hold("m1", Other, 8);
        AssertFaults(FaultKind.Doubled);
    }

    [Theory]
    [InlineData(Outcome.Done, true, true)]
    [InlineData(Outcome.Done, false, false)]
    [InlineData(Outcome.Unknown, true, false)]
    [InlineData(Outcome.Unknown, false, false)]
    internal void An_acknowledged_expunge_took_place(Outcome outcome, bool isThere, bool isFault)
    {
        Begin();
        Say(new Removal("m1", Inbox, At(Inbox, 1)), outcome);
        Keep("m1", isThere ? 1 : 0, 0);
        AssertFaults(isFault ? [FaultKind.NotRemoved] : []);
    }

    [Fact]
    public void Quit_of_pop3_removes_by_content()
    {
        Say(new Delivery("m1", Inbox, []));
        Say(new Removal("m1", Inbox, null));
        AssertFaults();
        Begin();
        Say(new Removal("m1", Inbox, null));
        Hold("m1", Inbox, 1);
        AssertFaults(FaultKind.NotRemoved);
    }

    [Theory]
    [InlineData(Outcome.Done, false, FaultKind.LostFlag)]
    [InlineData(Outcome.Done, true, null)]
    [InlineData(Outcome.Unknown, false, null)]
    [InlineData(Outcome.Unknown, true, null)]
    [InlineData(Outcome.Refused, true, FaultKind.StrayFlag)]
    internal void An_acknowledged_flag_is_there(Outcome outcome, bool isSet, FaultKind? fault)
    {
        Begin();
        Say(new FlagChange("m1", At(Inbox, 1), "$c", true), outcome);
        Hold("m1", Inbox, 1, isSet ? ["$c"] : []);
        AssertFaults(fault is { } kind ? [kind] : []);
    }

    [Fact]
    public void A_flag_goes_along_with_a_move_and_a_later_one_does_not_reach_a_copy()
    {
        Begin();
        Say(new Transfer("m1", At(Inbox, 1), Other, IsMove: false) { Destination = At(Other, 7) });
        Say(new FlagChange("m1", At(Inbox, 1), "$c", true));
        Say(new Transfer("m1", At(Inbox, 1), Other, IsMove: true) { Destination = At(Other, 8) });
        Hold("m1", Other, 7, "$c");
        Hold("m1", Other, 8);
        AssertFaults(FaultKind.StrayFlag, FaultKind.LostFlag);
    }

    [Fact]
    public void A_uid_that_names_two_contents_is_found_over_rounds()
    {
        Begin();
        Say(new Removal("m1", Inbox, At(Inbox, 1)));
        AssertFaults();
        Say(new Delivery("m2", Inbox, []) { Place = At(Inbox, 1) });
        Hold("m2", Inbox, 1);
        AssertFaults(FaultKind.ReusedUid);
    }

    [Fact]
    public void A_uid_that_a_client_saw_with_another_content_is_found()
    {
        Say(new Delivery("m1", Inbox, []), Outcome.Unknown);
        Say(new Sighting("m1", At(Inbox, 1)));
        Say(new Removal("m1", Inbox, At(Inbox, 1)), Outcome.Unknown);
        Say(new Delivery("m2", Inbox, []));
        Hold("m2", Inbox, 1);
        AssertFaults(FaultKind.ReusedUid);
    }

    private static Place At(string mailbox, uint uid) => new(mailbox, 5, uid);

    /// <summary>A round before: m1 is in the inbox.</summary>
    private void Begin()
    {
        Say(new Delivery("m1", Inbox, []));
        Hold("m1", Inbox, 1);
        AssertFaults();
    }

    private void Say(Operation operation, Outcome outcome = Outcome.Done) =>
        _operations.Add(operation with { Started = ++_clock, Ended = outcome == Outcome.Unknown ? long.MaxValue : ++_clock, Outcome = outcome });

    private void Hold(string content, string mailbox, uint uid, params string[] flags) => _stored.Add(new StoredMessage(At(mailbox, uid), content, flags.ToHashSet()));

    private void Keep(string content, int here, int there)
    {
        for (int i = 0; i < here + there; i++)
        {
            Hold(content, i < here ? Inbox : Other, i < here ? 1u : 7u);
        }
    }

    private void AssertFaults(params FaultKind[] expected)
    {
        int known = _checker.Faults.Count;
        _checker.Round(_operations, _stored);
        _operations.Clear();
        _stored.Clear();
        Assert.Equal(expected, _checker.Faults.Skip(known).Select(fault => fault.Kind));
    }
}

namespace Posthorn.ProtocolTests.History;

/// <summary>
/// Compares what clients were told with what the store holds, round by round: a round begins with a store that was read while nobody wrote, holds the operations
/// of clients that worked side by side until something failed, and ends with the store read again. What was acknowledged must be there, what was in flight may or may not.
/// </summary>
internal sealed class HistoryChecker
{
    private readonly Dictionary<Place, string> _contents = [];
    private readonly List<Fault> _faults = [];
    private Dictionary<Place, StoredMessage> _before = [];

    public IReadOnlyList<Fault> Faults => _faults;

    /// <summary>Operations on messages that were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    public int InFlight { get; private set; }

    public int Count(FaultKind kind) => _faults.Count(fault => fault.Kind == kind);

    public void Round(IReadOnlyCollection<Operation> operations, IReadOnlyCollection<StoredMessage> after)
    {
        Acknowledged += operations.Count(operation => operation is not Sighting && operation.Outcome == Outcome.Done);
        InFlight += operations.Count(operation => operation is not Sighting && operation.Outcome == Outcome.Unknown);
        Dictionary<Place, StoredMessage> held = after.ToDictionary(message => message.Place);
        ILookup<string, Operation> byContent = operations.ToLookup(operation => operation.Content);
        ILookup<string, StoredMessage> beforeOf = _before.Values.ToLookup(message => message.Content), afterOf = after.ToLookup(message => message.Content);
        foreach (string content in beforeOf.Select(group => group.Key).Concat(byContent.Select(group => group.Key)).Concat(afterOf.Select(group => group.Key)).Distinct())
        {
            var story = new MessageStory(content, [.. beforeOf[content]], [.. byContent[content]], [.. afterOf[content]]);
            foreach (Place place in story.Places)
            {
                Learn(place, content);
            }

            _faults.AddRange(story.Check().Select(fault => fault with { What = $"{fault.What}\n  {string.Join("\n  ", (object[])[.. beforeOf[content], .. byContent[content], .. afterOf[content]])}" }));
        }

        _before = held;
    }

    private void Learn(Place place, string content)
    {
        if (!_contents.TryAdd(place, content) && _contents[place] != content)
        {
            _faults.Add(new Fault(FaultKind.ReusedUid, $"{place} named {_contents[place]}, then {content}"));
        }
    }
}

using System.Collections.Concurrent;

namespace Posthorn.ProtocolTests.History;

/// <summary>What the clients of a round asked for and were told. A call that ends by an exception leaves its operations unknown.</summary>
internal sealed class HistoryLog
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<Operation> _operations = new();
    private long _clock;

    /// <summary>No client begins anything more: what a living server is still at would be done after the round.</summary>
    public bool IsOver { get; set; }

    /// <summary>Clients pause before each operation: they leave the processors to a server that starts beside the one they are at.</summary>
    public bool IsSlow { get; set; }

    public IReadOnlyCollection<Operation> Operations => _operations;

    /// <summary>Moments in the order in which they were taken.</summary>
    public long Now() => Interlocked.Increment(ref _clock);

    public void Saw(string content, Place place) => _operations.Enqueue(new Sighting(content, place) { Started = Now(), Ended = Now(), Outcome = Outcome.Done });

    /// <exception cref="OperationCanceledException">The round is over.</exception>
    /// <param name="operations">As they are about to be asked for.</param>
    /// <param name="ask">Asks the server; the answer.</param>
    /// <param name="judge">The outcome of each operation by the answer.</param>
    public async Task<TAnswer> AskAsync<TOperation, TAnswer>(
        IReadOnlyList<TOperation> operations, Func<Task<TAnswer>> ask, Func<TOperation, TAnswer, Outcome> judge)
        where TOperation : Operation
    {
        if (IsSlow && !IsOver)
        {
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        if (IsOver)
        {
            throw new OperationCanceledException("The round is over.");
        }

        foreach (TOperation operation in operations)
        {
            _operations.Enqueue(operation);
        }

        TAnswer answer = await ask();
        long ended = Now();
        foreach (TOperation operation in operations)
        {
            operation.Outcome = judge(operation, answer);
            operation.Ended = operation.Outcome == Outcome.Unknown ? long.MaxValue : ended;
        }

        return answer;
    }
}

using Posthorn.Core;
using Posthorn.Core.Storage;

namespace Posthorn.Hosting;

/// <summary>/healthz and status: healthy means that mail can be taken, so it is a write that is synced.</summary>
internal static class Health
{
    public static async Task<IResult> AnswerAsync(IStore store, CancellationToken cancel) => await TroubleAsync(store, cancel) is { } trouble
        ? Results.Text(trouble + "\n", statusCode: StatusCodes.Status503ServiceUnavailable)
        : Results.Text("ok\n");

    /// <returns>Why mail cannot be taken; null: it can.</returns>
    public static async ValueTask<string?> TroubleAsync(IStore store, CancellationToken cancel)
    {
        try
        {
            await store.WriteAsync(ReadOnlyMemory<AccountId>.Empty, static _ => ValueTask.FromResult(true), cancel);
            return null;
        }
        catch (StoreUnavailableException failure)
        {
            return failure.Message;
        }
    }
}

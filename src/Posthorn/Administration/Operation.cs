using System.Text.Json;
using Posthorn.Core;
using Posthorn.Core.Access;

namespace Posthorn.Administration;

/// <summary>How far long work has come.</summary>
/// <param name="Total">Null: not known.</param>
public sealed record WorkProgress(string What, long Done, long? Total);

/// <summary>What an operation runs with: Core's services, who asks, where progress goes.</summary>
internal sealed record OperationContext(IServiceProvider Services, Actor Actor, IProgress<WorkProgress> Progress);

/// <summary>
/// One administrative operation. The command line calls it through the control socket of a running server or, where none runs, on the store that it opens
/// itself: the same code either way.
/// </summary>
internal abstract class Operation
{
    protected Operation(string name) => Name = name;

    /// <summary>As in the command line, with a dot: <c>account.add</c>.</summary>
    public string Name { get; }

    /// <summary>It only reads: a copy of a store that it is run on stays one (<see cref="Core.Maintenance.StoreUse"/>).</summary>
    public bool LeavesStoreAsItIs { get; init; }

    /// <returns>The result as JSON, or the sentence that says why not.</returns>
    public abstract ValueTask<(JsonElement? Result, string? Refusal)> RunAsync(OperationContext context, JsonElement request, CancellationToken cancel);
}

/// <inheritdoc/>
internal sealed class Operation<TRequest, TResult>(string name, Func<OperationContext, TRequest, CancellationToken, ValueTask<Result<TResult>>> run) : Operation(name)
{
    public override async ValueTask<(JsonElement? Result, string? Refusal)> RunAsync(OperationContext context, JsonElement request, CancellationToken cancel)
    {
        TRequest typed = request.Deserialize<TRequest>(ControlJson.Options) ?? throw new JsonException($"{Name} needs a request.");
        Result<TResult> result = await run(context, typed, cancel);
        return result.TryGet(out TResult? value, out Refusal? refusal) ? (JsonSerializer.SerializeToElement(value, ControlJson.Options), null) : (null, refusal.Text);
    }
}

/// <summary>How requests and results are written, on the socket and with --json.</summary>
internal static class ControlJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}

namespace Posthorn.Web.Help.Settings;

/// <summary>One step of the way round.</summary>
/// <param name="What">In words.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Problem">Why it went no further; null: it is done.</param>
/// <param name="Detail">What was agreed on, or where the message is; empty: nothing to say.</param>
public sealed record LoopStep(string What, TimeSpan Took, string? Problem, string Detail);

namespace Posthorn.Core.Maintenance;

/// <summary>How far long work has come.</summary>
/// <param name="What">What is counted, as a person reads it.</param>
public sealed record WorkStep(string What, long Done, long? Total);

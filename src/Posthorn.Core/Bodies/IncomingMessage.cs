namespace Posthorn.Core.Bodies;

/// <summary>
/// A message whose octets are held and whose header and structure are read, before any row names it. Dispose it after the
/// write that refers to it, or instead of one: octets that nothing refers to are dropped.
/// </summary>
public sealed class IncomingMessage : IAsyncDisposable
{
    /// <summary>Octets of the body as it was written.</summary>
    public long Length => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

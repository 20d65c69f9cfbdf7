using System.IO.Pipelines;

namespace Posthorn.Core.Bodies;

/// <summary>The octets of a stored message: prefix, then body. Small ones are in memory, large ones are read from where they lie.</summary>
public sealed class MessageContent : IAsyncDisposable
{
    /// <summary>Octets in all.</summary>
    public long Length => throw new NotImplementedException();

    /// <summary>Octets of the prefix; offsets of a BodyStructure count from here.</summary>
    public int PrefixLength => throw new NotImplementedException();

    /// <summary>All octets when they are in memory (small messages); else false and only the streaming calls serve.</summary>
    public bool TryGetMemory(out ReadOnlyMemory<byte> prefix, out ReadOnlyMemory<byte> body) => throw new NotImplementedException();

    /// <summary>Copies a range (offsets count from the start of the prefix) without flushing more than the pipe asks for.</summary>
    public ValueTask CopyToAsync(PipeWriter output, long offset, long length, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Reads all of it from the start; the caller disposes the stream.</summary>
    public Stream OpenRead() => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

using System.IO.Compression;
using System.IO.Pipelines;

namespace Posthorn.Server.Connections;

/// <summary>DEFLATE in both directions of a connection (RFC 4978), over whatever carried it until now.</summary>
/// <remarks>Each flush ends a block, so that what was flushed can be read. What is unpacked is bounded by whoever reads it, as without compression.</remarks>
internal sealed class Compression : IAsyncDisposable
{
    // As much as a read of commands asks for: what one small record unpacks to comes in such pieces.
    private const int ReadSize = 4096;

    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 16 * 1024, leaveOpen: true);
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: ReadSize, leaveOpen: true, useZeroByteReads: true);

    private readonly DeflateStream _unpacked;
    private readonly DeflateStream _packed;

    public Compression(PipeReader input, PipeWriter output)
    {
        _unpacked = new DeflateStream(input.AsStream(leaveOpen: true), CompressionMode.Decompress, leaveOpen: true);
        _packed = new DeflateStream(output.AsStream(leaveOpen: true), CompressionLevel.Fastest, leaveOpen: true);
        Input = PipeReader.Create(_unpacked, Reading);
        Output = PipeWriter.Create(_packed, Writing);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await _unpacked.DisposeAsync();
        try
        {
            await _packed.DisposeAsync();
        }
        catch (Exception fault) when (ConnectionInput.IsTransportFault(fault) || fault is InvalidOperationException)
        {
            // The client is gone: nobody left to read the last block.
        }
    }
}

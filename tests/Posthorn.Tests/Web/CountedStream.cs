namespace Posthorn.Tests.Web;

/// <summary>Counts what is read of it.</summary>
internal sealed class CountedStream(byte[] octets) : MemoryStream(octets)
{
    public long Taken { get; private set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = base.Read(buffer, offset, count);
        Taken += read;
        return read;
    }
}

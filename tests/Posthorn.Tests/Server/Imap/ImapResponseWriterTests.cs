using System.IO.Pipelines;
using System.Text;
using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

public sealed class ImapResponseWriterTests
{
    /// <summary>Every kind of token over every end of a buffer: nothing but what was written may be sent.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task What_is_sent_is_what_was_written_over_many_buffers(int offset)
    {
        using var sent = new MemoryStream();
        var output = PipeWriter.Create(sent, new StreamPipeWriterOptions(minimumBufferSize: 512, leaveOpen: true));
        var writer = new ImapResponseWriter(output);
        var expected = new StringBuilder(new string('x', offset));
        writer.Write(Encoding.ASCII.GetBytes(new string('x', offset)));
        for (int i = 0; i < 3_000; i++)
        {
            writer.Text("héllo wörld €");
            writer.Space();
            writer.Number(i);
            writer.Write("*"u8);
            expected.Append("héllo wörld € ").Append(System.Globalization.CultureInfo.InvariantCulture, $"{i}*");
        }

        await writer.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected.ToString(), Encoding.UTF8.GetString(sent.ToArray()));
    }
}

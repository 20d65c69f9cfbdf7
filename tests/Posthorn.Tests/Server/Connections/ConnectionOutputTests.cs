using System.IO.Pipelines;
using Posthorn.Server.Connections;

namespace Posthorn.Tests.Server.Connections;

public sealed class ConnectionOutputTests
{
    [Fact]
    public async Task After_a_flush_that_failed_writes_go_nowhere_and_take_no_memory()
    {
        await using var stream = new BrokenStream();
        using var output = new ConnectionOutput(PipeWriter.Create(stream), TimeProvider.System, TimeSpan.FromMinutes(1), static () => { });
        output.GetSpan(100);
        output.Advance(100);
        Assert.True((await output.FlushAsync(TestContext.Current.CancellationToken)).IsCompleted);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.True(output.GetMemory(8_192).Length >= 8_192);
            output.Advance(8_192);
            Assert.True(output.GetSpan().Length > 0);
            output.Advance(1);
        }

        Assert.Equal(0, output.UnflushedBytes);
        Assert.True((await output.FlushAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException(new IOException("cut"));
    }
}

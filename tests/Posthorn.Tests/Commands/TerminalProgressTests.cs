using System.Text;
using Posthorn.Administration;
using Posthorn.Commands;
using Spectre.Console;

namespace Posthorn.Tests.Commands;

/// <summary>The bar of a long command: each step of the work waits until the one before is on the screen.</summary>
public sealed class TerminalProgressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bar_grows_with_the_work()
    {
        var screen = new Screen();
        string result = await TerminalProgress.RunAsync(screen.Console, async progress =>
        {
            foreach (int done in (int[])[0, 300, 700])
            {
                progress.Report(new WorkProgress("Octets read", done, 1000));
                await screen.ShowsAsync($"{done / 10}%");
                await screen.ShowsAsync($"Octets read ({done} of 1,000)");
            }

            return "done";
        });
        Assert.Equal("done", result);
        Assert.Contains('━', screen.Text);
        Assert.EndsWith("\e[?25h", screen.Text, StringComparison.Ordinal);
        Assert.Contains("\e[2K", screen.Text[screen.Text.LastIndexOf('━')..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_is_over_at_once_has_been_seen()
    {
        var screen = new Screen();
        await TerminalProgress.RunAsync(screen.Console, progress =>
        {
            progress.Report(new WorkProgress("Messages", 1, 4));
            Assert.Contains("Messages (1 of 4)", screen.Text, StringComparison.Ordinal);
            return Task.FromResult(0);
        });
    }

    [Fact]
    public async Task Work_of_unknown_length_counts_without_percents()
    {
        var screen = new Screen();
        await TerminalProgress.RunAsync(screen.Console, async progress =>
        {
            progress.Report(new WorkProgress("Messages [old]", 0, null));
            progress.Report(new WorkProgress("Messages [old]", 12_000, null));
            await screen.ShowsAsync("Messages [old] (12,000)");
            return 0;
        });
        Assert.DoesNotContain("100%", screen.Text, StringComparison.Ordinal);
    }

    /// <summary>A terminal that keeps everything that was ever written to it.</summary>
    private sealed class Screen : TextWriter
    {
        private readonly StringBuilder _text = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Screen() => Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new Output(this),
        });

        public IAnsiConsole Console { get; }

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write([value]);

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(ReadOnlySpan<char> buffer)
        {
            lock (_text)
            {
                _text.Append(buffer);
                _more.TrySetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public async Task ShowsAsync(string words)
        {
            while (true)
            {
                Task more;
                lock (_text)
                {
                    if (_text.ToString().Contains(words, StringComparison.Ordinal))
                    {
                        return;
                    }

                    more = _more.Task;
                }

                await more.WaitAsync(Cancel);
            }
        }
    }

    private sealed class Output(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => 120;

        public int Height => 40;

        public void SetEncoding(Encoding encoding) => Assert.Equal(Encoding.UTF8, encoding);
    }
}

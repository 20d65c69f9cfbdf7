using Posthorn.Administration;
using Spectre.Console;

namespace Posthorn.Commands;

/// <summary>A bar on a terminal, a line now and then elsewhere, always on standard error: standard output is for the result.</summary>
internal static class TerminalProgress
{
    /// <summary>Lines into a file or pipe: one for each so many percent.</summary>
    private const int PercentPerLine = 10;

    public static async Task<T> RunAsync<T>(Func<IProgress<WorkProgress>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(new Lines());
        }

        return await RunAsync(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }), work);
    }

    internal static Task<T> RunAsync<T>(IAnsiConsole console, Func<IProgress<WorkProgress>, Task<T>> work) =>
        console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Bar(context)));

    private sealed class Bar(ProgressContext context) : IProgress<WorkProgress>
    {
        private readonly Lock _gate = new();
        private ProgressTask? _task;

        public void Report(WorkProgress value)
        {
            lock (_gate)
            {
                bool first = _task is null;
                _task ??= context.AddTask(Markup.Escape(value.What));
                _task.Description = Markup.Escape(FormattableString.Invariant($"{value.What} ({value.Done:N0}{(value.Total is { } all ? FormattableString.Invariant($" of {all:N0}") : "")})"));
                _task.IsIndeterminate = value.Total is null;
                _task.MaxValue = value.Total ?? 1;
                _task.Value = value.Total is null ? 0 : value.Done;
                if (first)
                {
                    // Later steps are drawn ten times a second; work that is over sooner has said once what it does.
                    context.Refresh();
                }
            }
        }
    }

    private sealed class Lines : IProgress<WorkProgress>
    {
        private long _last = -1;

        public void Report(WorkProgress value)
        {
            if (value.Total is not (> 0 and { } total))
            {
                return;
            }

            long step = value.Done * 100 / total / PercentPerLine;
            if (Interlocked.Exchange(ref _last, step) != step)
            {
                Console.Error.WriteLine(FormattableString.Invariant($"{value.What}: {value.Done} of {total}"));
            }
        }
    }
}

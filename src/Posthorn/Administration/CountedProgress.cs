namespace Posthorn.Administration;

/// <summary>Core counts; the terminal wants to know what is counted. Reports at once, in the order of the work.</summary>
internal sealed class CountedProgress(IProgress<WorkProgress> progress, string what, long? total = null) : IProgress<long>
{
    public void Report(long value) => progress.Report(new WorkProgress(what, value, total));
}

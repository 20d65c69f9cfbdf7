using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Server.Connections;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>How many mail connections a server has open, counted from when it had none.</summary>
internal sealed class OpenConnections : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly IMeterFactory _factory;
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _count;

    public OpenConnections(IServiceProvider server)
    {
        _factory = server.GetRequiredService<IMeterFactory>();
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "posthorn.connections.open" && instrument.Meter.Name == ConnectionMetrics.MeterName && instrument.Meter.Scope == _factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((_, change, _, _) => Count(change));
        _meters.Start();
    }

    /// <summary>Waits until so many are open: those that broke off have done by then what they still did.</summary>
    /// <exception cref="TimeoutException">None opened or ended for so long.</exception>
    public async Task WaitForAsync(long count, TimeSpan patience, CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_count == count)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(patience, cancel);
        }
    }

    public void Dispose() => _meters.Dispose();

    private void Count(long change)
    {
        lock (_lock)
        {
            _count += change;
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
